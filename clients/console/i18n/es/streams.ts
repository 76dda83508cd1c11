// Spanish texts of the view streams.
import type { streams as english } from '../en/streams.js';
import type { Same } from '../i18n.js';

export const streams: Same<typeof english> = {
  title: 'Cámaras',
};
