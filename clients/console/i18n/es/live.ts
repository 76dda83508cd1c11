// Spanish texts of the view live.
import type { live as english } from '../en/live.js';
import type { Same } from '../i18n.js';

export const live: Same<typeof english> = {
  title: 'En vivo',
};
