// Why a source gave no picture, in plain words, and how soon it is worth another attempt. Reasons never hold what ffmpeg
// or a camera said: only sentences of this house, so that no address and no password can get out with them.

export interface Failure {
  /**
   * `unreachable`: found out without ffmpeg, so asking again costs next to nothing. `passing`: may be over at once.
   * `lasting`: does not come right by itself. `refused`: a login
   * or an address that is forbidden, where asking often does harm, since cameras lock users out.
   */
  readonly kind: 'unreachable' | 'passing' | 'lasting' | 'refused';
  /** One line for people. */
  readonly reason: string;
  /** What the camera itself asks to be left alone for (`Retry-After`). */
  readonly waitMs?: number;
}

const passing = (reason: string): Failure => ({ kind: 'passing', reason });
const lasting = (reason: string): Failure => ({ kind: 'lasting', reason });
const refused = (reason: string): Failure => ({ kind: 'refused', reason });

export const TOO_MANY_PIXELS = lasting('the picture has more pixels than this service decodes');
export const TOO_MANY_FRAMES = lasting('the camera sends more frames a second than this service decodes');
export const PICTURE_CHANGED = passing('the camera changed the size of its picture');
export const PIXELS_CHANGED = passing('the camera changed the shape of its pixels');
export const REFUSED_LOGIN = refused('the camera refuses the user name or password');
export const NO_DATA = passing('the camera accepts the connection but sends no picture');
/** Names the limit, and the setting that raises it. */
export const tooManyPixels = (maxPixels: number): Failure =>
  lasting(`${TOO_MANY_PIXELS.reason} (${maxPixels}, ONLOOKER_CAMERA_MAX_PIXELS)`);
/** Of a state, not of a failure: it goes on. */
export const WAITING_FOR_KEY_FRAME = 'waiting for a key frame';
export const NO_KEY_FRAME = passing('the camera sends video but no key frame, without which there is no picture');
export const ENDED_EARLY = passing('the connection ended before the first picture');
export const NO_CAMERA = passing('there is no camera at this address');
export const OWN_ADDRESS = lasting('the address is that of this service itself');
export const PRIVATE_ADDRESS = lasting('the address is a private one that must be listed in ONLOOKER_ALLOWED_SOURCES');
export const REDIRECTED = lasting('the camera leads to another address, which is not followed');
export const TOO_MANY_BYTES = passing('the camera sends a picture larger than this service takes');
export const TOO_MUCH_MEMORY = passing('decoding takes more memory than ffmpeg may use');
export const NO_VIDEO = passing('what it sends cannot be read as video');
export const UNREAD_PICTURE = lasting('it answers with a kind of picture that is not read; JPEG, PNG and WebP are');
export const NO_STREAM = lasting('the stream has no video');
export const UNANSWERED = passing('the camera does not answer in time');
const NOTHING_AT_PATH = passing('the camera has nothing at this path');
const FORBIDDEN = refused('the camera forbids access');
const BUSY = passing('the camera says it cannot serve now');
const REFUSED_REQUEST = passing('the camera refuses the request');
const NO_TLS = passing('the encrypted connection cannot be made');

/** What ffmpeg prints, most telling first. */
const FROM_FFMPEG: readonly (readonly [RegExp, Failure])[] = [
  [/401 Unauthorized|authorization failed/i, REFUSED_LOGIN],
  [/403 Forbidden/i, FORBIDDEN],
  [/404 Not Found/i, NOTHING_AT_PATH],
  [/exceeds specified max pixel count|Picture size \d+x\d+ is invalid/i, TOO_MANY_PIXELS],
  [/Cannot allocate memory/i, TOO_MUCH_MEMORY],
  [/matches no streams|does not contain any stream/i, NO_STREAM],
  [/461 Unsupported transport|Nonmatching transport/i, lasting('the camera does not offer this transport')],
  [/Decoder .*not found|no decoder found|Unsupported codec|unknown codec/i, lasting('the codec of the camera is not supported')],
  [/not on whitelist/i, lasting('the address leads to something that is not opened')],
  [/Connection refused/i, passing('the connection is refused')],
  [/No route to host|Network is unreachable|Host is unreachable/i, passing('the host cannot be reached')],
  [/Failed to resolve hostname|Name or service not known|Temporary failure in name/i, passing('the host name is not known')],
  [/certificate|TLS (?:handshake|fatal)|gnutls|SSL/i, NO_TLS],
  [/timed? ?out/i, UNANSWERED],
  [/Server returned 5|50[0-9] [A-Z]|453 Not Enough Bandwidth/, BUSY],
  [/Server returned 4|4[0-9][0-9] [A-Z]/, REFUSED_REQUEST],
  [/moov atom not found/i, lasting('the file is damaged or not finished')],
  [/Invalid data found|Could not find codec parameters|Invalid argument/i, NO_VIDEO],
];

/** The most telling of what ffmpeg printed, or null where it told nothing known. */
export function failureIn(line: string): { readonly failure: Failure; readonly rank: number } | null {
  const rank = FROM_FFMPEG.findIndex(([pattern]) => pattern.test(line));
  const failure = FROM_FFMPEG[rank]?.[1];
  return failure === undefined ? null : { failure, rank };
}

/** Of an answer of http that is neither a picture nor a redirection. */
export function answerFailure(status: number): Failure {
  if (status === 401) return REFUSED_LOGIN;
  if (status === 403) return FORBIDDEN;
  if (status === 404) return NOTHING_AT_PATH;
  return status >= 500 || status === 429 ? BUSY : REFUSED_REQUEST;
}

/** Of an error that Node gave while connecting. */
export function connectionFailure(code: string | undefined): Failure {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'the connection is refused',
    ENOTFOUND: 'the host name is not known',
    EAI_AGAIN: 'the host name is not known',
    EHOSTUNREACH: 'the host cannot be reached',
    ENETUNREACH: 'the host cannot be reached',
    ETIMEDOUT: 'the host does not answer',
  };
  if (code !== undefined && /^(ERR_SSL|ERR_TLS|EPROTO$)/.test(code)) return NO_TLS;
  return { kind: 'unreachable', reason: reasons[code ?? ''] ?? 'the connection fails' };
}
