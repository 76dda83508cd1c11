// Why there is no picture: what the browser says about cameras and films, as codes that a page can put into words.
import { OnlookerClientError } from '../errors.js';

export type CameraErrorCode =
  /** The user, or a policy of the page, said no. */
  | 'permission_denied'
  /** There is no camera, or none of the id that was asked for. */
  | 'no_camera'
  /** It is there and gives no picture: another program has it, or the system took it away. */
  | 'camera_busy'
  /** It was unplugged or taken away while it was running. */
  | 'camera_lost'
  /** The film cannot be played, or its pixels may not be read. */
  | 'not_playable'
  /** The page is not in a secure context (https or localhost), or the browser is too old. */
  | 'not_supported';

export class CameraError extends OnlookerClientError {
  override readonly name = 'CameraError';
  constructor(
    readonly code: CameraErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const CODE_OF: Readonly<Record<string, CameraErrorCode>> = {
  NotAllowedError: 'permission_denied',
  SecurityError: 'permission_denied',
  NotFoundError: 'no_camera',
  OverconstrainedError: 'no_camera',
  NotReadableError: 'camera_busy',
  AbortError: 'camera_busy',
};

/** What `getUserMedia` was rejected with, as one of ours. */
export function cameraErrorOf(cause: unknown): CameraError {
  const { name = '', message = String(cause) } = cause instanceof Error ? cause : {};
  return new CameraError(CODE_OF[name] ?? 'camera_busy', `no picture from the camera: ${message || name}`, { cause });
}
