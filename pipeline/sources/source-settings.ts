// What a source is asked to do, within which limits, and what it says of itself. Knows nothing of ffmpeg.
import { isAspect } from '../../protocol/aspect.js';
import { STREAM_FPS_DEFAULT } from '../../protocol/streams.js';
import { OnlookerError } from '../../protocol/errors.js';

export interface SourceSettings {
  /** The stream's id; the only name under which it is logged. */
  readonly id: string;
  /** `rtsp:`, `rtsps:`, `http:`, `https:` (MJPEG) or `media:relative/path`. */
  readonly url: string;
  /** How RTSP carries the picture. TCP by default: UDP loses packets, and a lost packet is a smeared face. */
  readonly transport?: 'tcp' | 'udp';
  /** Most frames handed on of each second. Default 5. */
  readonly fps?: number;
  /** Begin a file again when it ends. Default false. */
  readonly loop?: boolean;
  /** Play a file at its own speed (default), or, when false, as fast as its frames are taken, losing none. */
  readonly realtime?: boolean;
  /** Scale pictures wider than this down to it, in px. By default every pixel is kept, for the crops. */
  readonly widthPx?: number;
  /** Shape of the picture as it is sent, `16:9`: for sources that do not tell how wide their pixels are, or tell it wrong. */
  readonly aspect?: string;
  /** Turn pictures clockwise by so many degrees. */
  readonly rotate?: 0 | 90 | 180 | 270;
  /** Mirror pictures, after they were turned. */
  readonly flip?: 'horizontal' | 'vertical';
  /** Decode on hardware: `none` (default), `auto`, or one of `ffmpeg -hwaccels`. Falls back to software. */
  readonly hwaccel?: string;
  /** Hand on only frames that differ from the last one handed on. Default false. */
  readonly motionGate?: boolean;
  /** Decode key frames alone: a fraction of the work, and as few frames as the camera sends key frames. Default false. */
  readonly keyFramesOnly?: boolean;
}

/** Beyond these a source is `failed` instead of taking the machine from the others. */
export interface SourceLimits {
  /** Width x height, before decoding. */
  readonly maxPixels: number;
  /** The camera's own rate: every frame is decoded, also those not wanted. */
  readonly maxFps: number;
  /** Of one JPEG, and of one picture as it comes over RTP. */
  readonly maxFrameBytes: number;
  /** A camera that sends faster is read no faster. Of 30 JPEGs of 3840 x 2160 a second: some 45 MB. */
  readonly maxBytesPerSecond: number;
}
export const SOURCE_LIMITS: SourceLimits = {
  maxPixels: 5120 * 4096,
  maxFps: 120,
  maxFrameBytes: 16 << 20,
  maxBytesPerSecond: 64 << 20,
};

export interface SourceTimings {
  /** No first picture within this: the attempt is given up. */
  readonly startMs: number;
  /** No picture for this long: stalled. Stretched for low frame rates. */
  readonly stallMs: number;
  /** Cameras send whole pictures (key frames) at most this far apart: for so long video without one is waited on. */
  readonly keyFrameMs: number;
  /** Stalled for this long: ffmpeg is ended and the camera connected to anew. */
  readonly giveUpMs: number;
  /** Upper bound of the first wait; doubled with each failure. */
  readonly backoffMinMs: number;
  /** For failures that cost a run of ffmpeg. */
  readonly backoffMaxMs: number;
  /**
   * For failures found out by knocking, which costs no process: also after hours this is how long a camera that is
   * back waits for us, so it stays low.
   */
  readonly knockMaxMs: number;
  /** A camera that does not take the connection within this is not there. */
  readonly connectMs: number;
  /** Live for this long counts as healthy again: the next failure is the first. */
  readonly healthyMs: number;
  /** Wait between attempts at what will not come right by itself, such as a codec that is not known. */
  readonly failedRetryMs: number;
  /** Wait after three refused logins in a row: cameras lock out who tries often. */
  readonly refusedPauseMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly killMs: number;
}
export const SOURCE_TIMINGS: SourceTimings = {
  startMs: 10_000,
  stallMs: 3_000,
  keyFrameMs: 120_000,
  giveUpMs: 3_000,
  backoffMinMs: 250,
  backoffMaxMs: 10_000,
  knockMaxMs: 1_200,
  connectMs: 1_000,
  healthyMs: 10_000,
  failedRetryMs: 60_000,
  refusedPauseMs: 30 * 60_000,
  killMs: 500,
};

const MAX_WANTED_FPS = 60;

/** @throws OnlookerError BAD_MESSAGE for a number or name out of its range */
export function checkSettings(settings: SourceSettings): void {
  const { fps = STREAM_FPS_DEFAULT, widthPx, aspect, rotate = 0, flip, hwaccel = 'none' } = settings;
  if (!(fps > 0 && fps <= MAX_WANTED_FPS)) throw wrong(`fps is a number above 0 and at most ${MAX_WANTED_FPS}.`);
  if (widthPx !== undefined && !(Number.isInteger(widthPx) && widthPx >= 16 && widthPx <= 8192)) {
    throw wrong('width is a whole number from 16 to 8192.');
  }
  if (aspect !== undefined && !isAspect(aspect)) throw wrong('aspect is width:height, such as "16:9".');
  if (![0, 90, 180, 270].includes(rotate)) throw wrong('rotate is 0, 90, 180 or 270.');
  if (flip !== undefined && !['horizontal', 'vertical'].includes(flip)) throw wrong('flip is "horizontal" or "vertical".');
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(hwaccel)) throw wrong('hwaccel is "none", "auto" or the name of a method of ffmpeg.');
}

function wrong(message: string): OnlookerError {
  return new OnlookerError('BAD_MESSAGE', message);
}
