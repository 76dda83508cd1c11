// The errors of the client library and the HTTP client: one class for each cause, all of one family.
// Must never hold image data, names or embeddings: messages end up in logs.
import type { ErrorCode, ErrorDetails } from '../protocol/errors.js';

/** What every error of this library is an instance of. */
export abstract class OnlookerClientError extends Error {}

/** The service could not be reached, refused the connection or does not answer. */
export class ConnectionError extends OnlookerClientError {
  override readonly name: string = 'ConnectionError';
}

/** The service cannot be trusted to be who it says: its certificate is unknown here, expired, or for another name. Node alone. */
export class CertificateError extends ConnectionError {
  override readonly name = 'CertificateError';
  constructor(
    message: string,
    /** Its authority is not known here: to know it would mend this. */
    readonly isUnknownHere: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The port speaks TLS and the address says `http` or `ws`, or the other way round. Node alone: browsers do not say. */
export class SchemeError extends ConnectionError {
  override readonly name = 'SchemeError';
}

/**
 * The connection broke while this was unanswered. Whether the service still dealt with it is unknown, and nothing is
 * ever sent again by itself: that is for the caller to decide.
 */
export class ConnectionLostError extends OnlookerClientError {
  override readonly name = 'ConnectionLostError';
}

/** The stream is closed (`reason` as the service told it): it takes no more frames. */
export class StreamClosedError extends OnlookerClientError {
  override readonly name = 'StreamClosedError';
  constructor(
    readonly stream: string,
    readonly reason: string,
  ) {
    super(`stream ${stream} is closed (${reason})`);
  }
}

/** The other side does not keep to the wire contract: most likely it is another kind of service or version. */
export class ProtocolError extends OnlookerClientError {
  override readonly name = 'ProtocolError';
}

/** What a `ServerError` may carry beside its code. */
export interface ServerErrorFields {
  readonly retryAfterMs?: number | undefined;
  /** HTTP alone. */
  readonly status?: number | undefined;
  /** HTTP alone, e.g. which measure of the quality gate failed. */
  readonly details?: ErrorDetails | undefined;
}

/** The service answered with an error of its catalogue. */
export class ServerError extends OnlookerClientError {
  override readonly name = 'ServerError';
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly details: ErrorDetails | undefined;
  constructor(
    readonly code: ErrorCode,
    message: string,
    fields: ServerErrorFields = {},
  ) {
    super(message);
    this.retryAfterMs = fields.retryAfterMs;
    this.status = fields.status;
    this.details = fields.details;
  }
}
