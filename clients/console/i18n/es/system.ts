// Spanish texts of the view system.
import type { system as english } from '../en/system.js';
import type { Same } from '../i18n.js';

export const system: Same<typeof english> = {
  title: 'Sistema',
};
