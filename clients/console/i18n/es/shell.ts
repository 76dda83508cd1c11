// Spanish texts that belong to no single view.
import type { shell as english } from '../en/shell.js';
import type { Same } from '../texts.js';

export const shell: Same<typeof english> = {
  skip: 'Ir al contenido',
  navigation: 'Vistas',
  connecting: 'Conectando',
  feed_live: 'Conectado',
  reconnecting: 'Reconectando',
  connecting_hint: 'Conectando con el servicio',
  feed_live_hint: 'Lo que ocurre se muestra al momento',
  reconnecting_hint: 'No se puede contactar con el servicio ahora; no se pierde nada y continuará por sí solo',
  settings: 'Apariencia',
  theme: 'Tema',
  theme_system: 'Como el sistema',
  theme_light: 'Claro',
  theme_dark: 'Oscuro',
  language: 'Idioma',
  loading: 'Cargando',
  close: 'Cerrar',
  cancel: 'Cancelar',
  undo: 'Deshacer',
  retry: 'Reintentar',
  notifications: 'Avisos',
  view_failed: 'No se pudo cargar esta vista',
  view_failed_hint: 'Puede que el servicio se haya actualizado o no esté disponible por un momento.',
  unreachable: 'No se puede contactar con el servicio.',
  failed: 'No ha funcionado: {message}',
};
