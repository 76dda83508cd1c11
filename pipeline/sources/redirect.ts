// Whether and where a camera may send us on. To the same host and port, or from there to its encrypted port; to any other
// only where that is listed: a camera in a network of its own must not choose what this machine asks for elsewhere.
import { parseAddress, type AddressRules, type CameraAddress } from './source-address.js';
import { isAllowed, isThisMachine } from './source-hosts.js';

/** A camera that sends us round in circles is left. */
export const MOST_REDIRECTS = 3;

/**
 * @param ip the address that the camera was reached at
 * @param location as the camera says it, whole or relative
 * @returns where to go on, with the credentials where it is the same host; null: not followed
 */
export function redirectTarget(from: CameraAddress, ip: string, location: string, rules: AddressRules): CameraAddress | null {
  const to = read(from, location, rules);
  if (to?.kind !== from.kind) return null;
  const isSameHost = to.host === from.host || to.host === ip;
  const isEncrypted = to.isTls && !from.isTls && !isThisMachine(ip);
  if (isSameHost && (to.port === from.port ? to.isTls === from.isTls : isEncrypted)) {
    // A name may lead elsewhere the next time it is looked up, so the host stays what it was; connecting judges it again.
    return { ...to, credentials: from.credentials };
  }
  return isAllowed(to, to.host, rules) ? { ...to, credentials: null } : null;
}

function read(from: CameraAddress, location: string, rules: AddressRules): CameraAddress | null {
  try {
    // Read as http for every scheme: only there relative addresses are put together as they should be.
    const isWhole = /^[a-z][a-z0-9+.-]*:/i.test(location);
    const scheme = from.url.slice(0, from.url.indexOf(':'));
    const whole = isWhole ? location : new URL(location, from.url.replace(scheme, 'http')).href.replace(/^http/, scheme);
    const to = parseAddress(whole, rules);
    return to.kind === 'media' ? null : to;
  } catch {
    return null;
  }
}
