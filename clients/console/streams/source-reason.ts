// Why a camera gives no picture or its address is refused, in the user's language, and what to do about it. The service says it in English sentences
// of its own; one that is not known here is shown as it is.
import { t, type TextKey } from '../i18n/i18n.js';

type Trouble =
  | 'login'
  | 'forbidden'
  | 'path'
  | 'refused'
  | 'unreachable'
  | 'name'
  | 'silent'
  | 'key_frame'
  | 'lost'
  | 'video'
  | 'kind'
  | 'large'
  | 'transport'
  | 'tls'
  | 'busy'
  | 'own'
  | 'private'
  | 'redirect'
  | 'nobody'
  | 'scheme'
  | 'characters'
  | 'escape'
  | 'unreadable'
  | 'no_media'
  | 'file'
  | 'ended'
  | 'ffmpeg'
  | 'settings';

/** The first that fits counts. */
const SENTENCES: readonly (readonly [RegExp, Trouble])[] = [
  // An address that is refused as it is written.
  [/must begin with/, 'scheme'],
  [/@ behind its host/, 'escape'],
  [/holds spaces|must have \d+ to/, 'characters'],
  [/address cannot be read/, 'unreadable'],
  [/no media directory/, 'no_media'],
  // A camera or a film that gives no picture.
  [/refuses the user name or password/, 'login'],
  [/forbids access/, 'forbidden'],
  [/nothing at this path/, 'path'],
  [/connection is refused/, 'refused'],
  [/host name is not known/, 'name'],
  [/host cannot be reached|host does not answer|does not answer in time|connection fails/, 'unreachable'],
  [/sends no picture|no picture comes|no picture for|before the first picture/, 'silent'],
  [/key frame/, 'key_frame'],
  [/connection was lost|ended the stream|changed the (size|shape)/, 'lost'],
  [/cannot be read as video|leads to something|no video|codec .* not supported|damaged or not finished|source is empty/, 'video'],
  [/kind of picture/, 'kind'],
  [/more pixels|more frames|picture larger|more memory/, 'large'],
  [/does not offer this transport/, 'transport'],
  [/encrypted connection/, 'tls'],
  [/cannot serve now|refuses the request/, 'busy'],
  [/this service itself/, 'own'],
  [/private one/, 'private'],
  [/leads to another address/, 'redirect'],
  [/no camera at this address/, 'nobody'],
  [/such file|media directory|file cannot be read|path of the file/, 'file'],
  [/file has ended/, 'ended'],
  [/ffmpeg cannot be started/, 'ffmpeg'],
  [/settings of the service/, 'settings'],
];

export interface SourceReason {
  readonly text: string;
  /** What to do; absent where nobody knows. */
  readonly hint?: string;
}

/** @param told as the service says it: a stream's `reason`, or the message of an error */
export function sourceReason(told: string): SourceReason {
  const trouble = SENTENCES.find(([sentence]) => sentence.test(told))?.[1];
  if (trouble === undefined) return { text: told };
  return { text: t(`streams.reason_${trouble}` satisfies TextKey), hint: t(`streams.hint_${trouble}` satisfies TextKey) };
}
