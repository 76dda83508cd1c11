// Spanish texts of who is let in: signing in and out, roles.
import type { access as english } from '../en/access.js';
import type { Same } from '../texts.js';

export const access: Same<typeof english> = {
  title: 'Iniciar sesión',
  key: 'Clave',
  sign_in: 'Iniciar sesión',
  or: 'o',
  with_provider: 'Entrar con el proveedor de identidad',
  where_from: 'Las claves las crea quien administra este servicio: en la vista Sistema, o con «onlooker keys add» en su máquina.',
  trying: 'Se sigue intentando.',
  wrong_key: 'Esta clave es incorrecta, está revocada o ha caducado.',
  rate_limited: 'Demasiados intentos. Espera un momento antes del siguiente.',
  rate_limited_for: 'Demasiados intentos. Podrás volver a intentarlo en {time}.',
  no_cookie: 'La clave es correcta, pero este navegador no guarda cookies de esta página y no puede mantener la sesión.',
  lost: 'Se cerró tu sesión: ha terminado o su clave se revocó. Inicia sesión para seguir donde estabas.',
  ticket_of_no_use:
    'Este enlace ya se usó o es demasiado antiguo: cada uno vale una sola vez y por poco tiempo. Entra con una clave.',
  provider_denied: 'El proveedor de identidad no te dejó entrar, o te volviste atrás.',
  provider_expired: 'Tardó demasiado, o empezó en otro navegador. Inténtalo otra vez.',
  provider_unavailable: 'El proveedor de identidad no responde. Inténtalo más tarde o entra con una clave.',
  provider_no_role:
    'El proveedor de identidad te conoce, pero aquí no tienes ningún rol. Quien administra este servicio puede darte uno.',
  provider_failed: 'No se pudo entrar con el proveedor de identidad. Inténtalo otra vez.',
  unauthorized: 'Ya no tienes la sesión iniciada.',
  forbidden: 'Tu rol no permite esto.',
  forbidden_but: 'Tu rol no permite esto. Hace falta uno de estos: {roles}.',
  not_yours: 'Esto no es para tu rol',
  not_yours_hint: 'Lo muestra una clave con uno de estos roles: {roles}. Quien administra este servicio puede crear una.',
  account: 'Sesión iniciada',
  sign_out: 'Cerrar sesión',
  role_ingest: 'Cámara',
  role_viewer: 'Observador',
  role_enroller: 'Registrador',
  role_admin: 'Administrador',
};
