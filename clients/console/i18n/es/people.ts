// Spanish texts of the view people.
import type { people as english } from '../en/people.js';
import type { Same } from '../i18n.js';

export const people: Same<typeof english> = {
  title: 'Personas',
};
