// The one catalogue of errors: every code a client can meet, on the WebSocket and over HTTP alike.
// A code is added here and nowhere else; docs/errors.md is generated from it.

import { mendedText } from './name-text.js';

/** What a client is told: HTTP status and meaning of each code of the wire contract. */
export const ERROR_CATALOGUE = {
  BAD_MESSAGE: { status: 400, meaning: 'The message or request does not have the shape that the contract gives it.' },
  BAD_IMAGE: { status: 400, meaning: 'The image is empty, truncated or cannot be decoded.' },
  UNSUPPORTED_MEDIA: {
    status: 415,
    meaning: 'The bytes are not a JPEG, PNG or WebP image, or the body is not of the type that the address takes.',
  },
  TOO_LARGE: { status: 413, meaning: 'The image or body has more bytes than the service takes.' },
  TOO_MANY_PIXELS: { status: 413, meaning: 'The image has more pixels, or a longer side, than the service decodes.' },
  NO_STREAM: { status: 404, meaning: 'No stream of that id is open on this connection.' },
  STREAM_EXISTS: { status: 409, meaning: 'A stream of that id is already there.' },
  LIMIT_REACHED: { status: 429, meaning: 'A limit on the number of streams or connections is reached.' },
  RATE_LIMITED: { status: 429, meaning: 'Too many requests; try again after the time that is told.' },
  OVERLOADED: { status: 503, meaning: 'The service has more work waiting than it may hold; try again later.' },
  UNAUTHORIZED: { status: 401, meaning: 'A key is missing or wrong.' },
  FORBIDDEN: { status: 403, meaning: 'The key does not have this right; the message says which it is and which roles have it.' },
  NOT_FOUND: { status: 404, meaning: 'There is nothing at that address or of that id.' },
  CONFLICT: { status: 409, meaning: 'It contradicts what is there: an id in use, or a face that matches somebody else better.' },
  NO_FACE: { status: 422, meaning: 'No face was found where exactly one is needed.' },
  SEVERAL_FACES: { status: 422, meaning: 'More than one face was found where exactly one is needed.' },
  LOW_QUALITY: { status: 422, meaning: 'The face is not good enough to enrol; the details name the measure that failed.' },
  MODEL_UNAVAILABLE: { status: 503, meaning: 'No model that could do this is loaded.' },
  BAD_MODEL: { status: 422, meaning: 'The model cannot be used; the message says why. What was in use stays in use.' },
  GALLERY_FULL: { status: 507, meaning: 'The gallery has as many people and faces as the configuration has memory for.' },
  DISK_FULL: { status: 507, meaning: 'The disk of the service has no room for this; nothing was changed.' },
  BAD_GALLERY: { status: 422, meaning: 'The gallery file is damaged or was made with another model.' },
  SOURCE_FAILED: { status: 502, meaning: 'The camera or file could not be read.' },
  DRAINING: { status: 503, meaning: 'The service is shutting down and takes nothing new.' },
  INTERNAL: { status: 500, meaning: 'Something failed inside the service; the log of the service says what.' },
} as const satisfies Record<string, { readonly status: number; readonly meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** What an error's `details` may hold: small JSON values, never names or image data. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** An error that may be told to a client: its code is of the catalogue and its message holds no personal data. */
export class OnlookerError extends Error {
  override readonly name = 'OnlookerError';
  /** When it is worth trying again, where that is known; `Infinity` where it never is. */
  readonly retryAfterMs: number | undefined;
  constructor(
    readonly code: ErrorCode,
    message: string = ERROR_CATALOGUE[code].meaning,
    readonly details?: ErrorDetails,
    options?: { readonly cause?: unknown; readonly retryAfterMs?: number },
  ) {
    // Messages quote what came: cut or broken, it must not make the answer unreadable.
    super(mendedText(message), options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Any thrown value as an error for a client: what is not of the catalogue becomes `INTERNAL` and tells nothing. */
export function toOnlookerError(error: unknown): OnlookerError {
  if (error instanceof OnlookerError) return error;
  return new OnlookerError('INTERNAL', ERROR_CATALOGUE.INTERNAL.meaning, undefined, { cause: error });
}

/** What a thrown value says, whatever it is. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
