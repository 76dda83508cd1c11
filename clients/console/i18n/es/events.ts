// Spanish texts of the view events.
import type { events as english } from '../en/events.js';
import type { Same } from '../i18n.js';

export const events: Same<typeof english> = {
  title: 'Eventos',
};
