// The only place that decides which addresses may be opened, and how one is shown without its credentials.
// Whatever is not plainly a camera or a file of the media directory is refused; ffmpeg understands far too much.
import { realpath, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve, sep } from 'node:path';
import { OnlookerError } from '../../protocol/errors.js';
import { isThisMachine, refusalOf, type HostRules } from './source-hosts.js';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}
export interface CameraAddress {
  readonly kind: 'rtsp' | 'http';
  /** Rebuilt from its parsed parts, without credentials: as the camera is asked for it. */
  readonly url: string;
  readonly credentials: Credentials | null;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}
export interface MediaAddress {
  readonly kind: 'media';
  readonly relativePath: string;
}
export type SourceAddress = CameraAddress | MediaAddress;

export interface AddressRules extends HostRules {
  /** Undefined: no files are served. */
  readonly mediaDir?: string | undefined;
}

const MAX_LENGTH = 2048;
const DEFAULT_PORTS = { rtsp: 554, rtsps: 322, http: 80, https: 443 } as const;
/** Names of parameters that cameras take passwords in, in the query and even in the path (`/user=a_password=b_channel=1`). */
const SECRET_NAME = /pas|pwd|psw|token|secret|key|auth|sig|credential|^pw?$/i;
const PARAMETER = /([^=?&;/#\s]+)=([^?&;/#\s]+)/g;
/** A secret that stands in the value of another parameter, since the camera parts them by something else than `&`. */
const SECRET_INSIDE = /((?:pas|pwd|psw|token|secret|key|auth)[^=]*=).+$/i;

/**
 * Reads an address; touches neither the network nor the disk.
 * @throws OnlookerError BAD_MESSAGE for everything but rtsp, rtsps, http, https and `media:`; its message never repeats the address
 */
export function parseAddress(url: string, rules: AddressRules): SourceAddress {
  if (url.length === 0 || url.length > MAX_LENGTH) throw refused(`The address must have 1 to ${MAX_LENGTH} characters.`);

  if (/[\u0000-\u0020\u007f-\u009f\u2028\u2029\\]/.test(url) && !url.startsWith('media:')) {
    throw refused('The address holds spaces, control characters or backslashes.');
  }
  if (url.startsWith('media:')) return parseMedia(url.slice('media:'.length), rules);
  const scheme = /^(rtsps?|https?):\/\/(?!\/)/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) throw refused('The address must begin with rtsp://, rtsps://, http://, https:// or media:.');
  return parseCamera(url, scheme as keyof typeof DEFAULT_PORTS, rules);
}

/**
 * The file behind a `media:` address, on this disk, now. Asked again before each start: links may have changed.
 * @returns its absolute path, without links
 * @throws OnlookerError BAD_MESSAGE when there is no such regular file inside of the media directory
 */
export async function mediaFile(address: MediaAddress, mediaDir: string | undefined): Promise<string> {
  if (mediaDir === undefined) throw refused('This service has no media directory.');
  const missing = refused('There is no such file in the media directory.');
  const root = await realpath(mediaDir).catch(() => {
    throw missing;
  });
  const path = await realpath(resolve(root, address.relativePath)).catch(() => {
    throw missing;
  });
  // One answer for all of them: what lies outside is not even confirmed to be there.
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw missing;
  if (!(await stat(path)).isFile()) throw missing;
  return path;
}

/**
 * Whether an address may be kept: what is private by its very letters is refused at once, before it is ever opened.
 * @throws OnlookerError BAD_MESSAGE
 */
export function checkHost(address: SourceAddress, rules: HostRules): void {
  if (address.kind === 'media' || isIP(address.host) === 0) return;
  const refusal = refusalOf(address, address.host, rules);
  if (refusal !== null) throw new OnlookerError('BAD_MESSAGE', `Refused: ${refusal.reason}.`);
}

/** The address with `***` for passwords and tokens; also for one that would be refused. Never throws. */
export function redacted(url: string): string {
  // The last @ before the path ends the credentials: passwords with an unescaped @ are common. Where the address makes
  // no sense as it is, the password may hold a slash as well.
  const credentials = isReadable(url) ? /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i : /^([a-z][a-z0-9+.-]*:\/\/)(.*)@/is;
  return url
    .replace(credentials, (_, scheme: string, found: string) => {
      const colon = found.indexOf(':');
      return colon < 0 ? `${scheme}***@` : `${scheme}${found.slice(0, colon)}:***@`;
    })
    .replace(PARAMETER, (_, name: string, value: string) =>
      SECRET_NAME.test(unescaped(name)) ? `${name}=***` : `${name}=${value.replace(SECRET_INSIDE, '$1***')}`,
    );
}

/** A `%` that escapes nothing is meant as it stands: passwords hold them, and few people escape those. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

/** `admin:12/secret@camera` is read as the host `admin`: an @ that comes so late ends credentials that were not escaped. */
const hasLateCredentials = (url: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^@/?#]*[/?#].*@/i.test(url);

function isReadable(url: string): boolean {
  return !hasLateCredentials(url) && URL.canParse(url.replace(/^[a-z][a-z0-9+.-]*:/i, 'http:'));
}

function parseMedia(path: string, rules: AddressRules): MediaAddress {
  if (rules.mediaDir === undefined) throw refused('This service has no media directory.');

  if (path === '' || /[\u0000-\u001f\u007f\\]/.test(path))
    throw refused('The path of the file is empty or holds control characters.');
  if (path.startsWith('/') || /^[a-z]:/i.test(path) || path.split('/').includes('..')) {
    throw refused('The path of the file must be relative to the media directory and stay in it.');
  }
  return { kind: 'media', relativePath: path };
}

function parseCamera(url: string, scheme: keyof typeof DEFAULT_PORTS, rules: AddressRules): CameraAddress {
  if (hasLateCredentials(url)) {
    throw refused('The address has an @ behind its host: /, ? and # in a name or password must be escaped (%2F, %3F, %23).');
  }
  let parsed: URL;
  try {
    // Read as http for every scheme: only there hosts such as 0x7f.1 are brought into their plain form.
    parsed = new URL(`http://${url.slice(scheme.length + '://'.length)}`);
  } catch {
    throw refused('The address cannot be read.');
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (!/^[a-z0-9._:-]+$/i.test(host) || host.startsWith('-')) throw refused('The host of the address cannot be read.');
  const port = parsed.port !== '' ? Number(parsed.port) : portOf(url, scheme);
  if (port === rules.ownPort && isOwnHost(host)) throw refused('The address is that of this service itself.');
  return {
    kind: scheme.startsWith('rtsp') ? 'rtsp' : 'http',
    url: `${scheme}://${parsed.hostname}:${port}${parsed.pathname}${parsed.search}`,
    credentials:
      parsed.username === '' && parsed.password === ''
        ? null
        : { user: unescaped(parsed.username), password: unescaped(parsed.password) },
    host,
    port,
    isTls: scheme.endsWith('s'),
  };
}

/** The URL parser drops `:80` as http's default, whatever the real scheme. */
function portOf(url: string, scheme: keyof typeof DEFAULT_PORTS): number {
  return /^[^/?#]*:0*80$/.test(url.slice(scheme.length + '://'.length).split(/[/?#]/, 1)[0] ?? '') ? 80 : DEFAULT_PORTS[scheme];
}

/** By its name or number, without asking the network: a name that leads here is found out when it is connected to. */
function isOwnHost(host: string): boolean {
  return /^(localhost|.*\.localhost)\.?$/i.test(host) || (isIP(host) !== 0 && isThisMachine(host));
}

function refused(message: string): OnlookerError {
  return new OnlookerError('BAD_MESSAGE', message);
}
