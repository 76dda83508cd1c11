// Tries an address once, before it is saved: one picture, or why there is none.
import sharp from 'sharp';
import { OnlookerError } from '../../protocol/errors.js';
import { SILENT_LOG, type PipelineLog } from '../pipeline-log.js';
import { afterRunning, runningMs } from '../threads/running-time.js';
import { veiled } from './camera-connection.js';
import { NO_VIDEO, OWN_ADDRESS, PRIVATE_ADDRESS, type Failure } from './failure.js';
import { openFeed } from './open-feed.js';
import { parseAddress, type AddressRules } from './source-address.js';
import { SourceAttempt } from './source-attempt.js';
import { SYSTEM_CLOCK } from './source-clock.js';
import type { PictureFormat } from '../../protocol/streams.js';
import {
  checkSettings,
  SOURCE_LIMITS,
  SOURCE_TIMINGS,
  type SourceLimits,
  type SourceSettings,
  type SourceTimings,
} from './source-settings.js';

export interface ProbeOptions {
  readonly rules: AddressRules;
  readonly limits?: Partial<SourceLimits>;
  readonly timings?: Partial<SourceTimings>;
  /** Ends it early, without a picture. */
  readonly signal?: AbortSignal;
  readonly log?: PipelineLog;
}
/** So long it is waited, once there is a picture, for whether it is all that the camera sends. */
const STILL_MS = 500;

export interface ProbedSource {
  readonly format: PictureFormat | null;
  /** JPEG. */
  readonly picture: Uint8Array<ArrayBuffer>;
}

/**
 * Opens the source, in software and for one picture. Nothing of it is left when this settles.
 * @throws OnlookerError BAD_MESSAGE when the address or a setting is refused, SOURCE_FAILED with the reason when no
 *   picture comes within `timings.startMs`
 */
export async function probeSource(settings: SourceSettings, options: ProbeOptions): Promise<ProbedSource> {
  checkSettings(settings);
  const limits = { ...SOURCE_LIMITS, ...options.limits };
  const timings = { ...SOURCE_TIMINGS, ...options.timings };
  const address = parseAddress(settings.url, options.rules);
  const startedMs = runningMs();
  const signal = options.signal ?? new AbortController().signal;
  const feed = await openFeed(address, settings, {
    ...{ limits, timings, signal, rules: options.rules, clock: SYSTEM_CLOCK, log: options.log ?? SILENT_LOG },
    ...{ hwaccel: null, isPatient: false },
  });
  if ('reason' in feed) throw failed(await veiled(feed, address, options.rules));
  let picture: Uint8Array<ArrayBuffer> | null = null;
  let cancelLook = (): void => undefined;
  const stop = (): void => void attempt.stop();
  const attempt = new SourceAttempt({
    feed,
    limits,
    // What opening took counts too.
    timings: { ...timings, startMs: Math.max(0, startedMs + timings.startMs - runningMs()), keyFrameMs: 0 },
    gapMs: () => timings.stallMs,
    keyFramesOnly: settings.keyFramesOnly === true,
    clock: SYSTEM_CLOCK,
    onPicture: (jpeg) => {
      const isFirst = picture === null;
      picture ??= jpeg;
      if (!isFirst || feed.isStill !== null) stop();
      else cancelLook = afterRunning(STILL_MS, stop);
    },
    onStall: () => undefined,
    onKeyFrameWait: () => undefined,
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const { failure } = await attempt.ended;
  cancelLook();
  signal.removeEventListener('abort', stop);
  // Anything between two markers looks like an image: only what can be read as one is given back.
  if (picture !== null && (await isPicture(picture))) return { format: attempt.format, picture };
  throw failed(await veiled(picture === null ? failure : NO_VIDEO, address, options.rules));
}

async function isPicture(jpeg: Uint8Array): Promise<boolean> {
  return sharp(jpeg, { failOn: 'none' })
    .metadata()
    .then(
      () => true,
      () => false,
    );
}

function failed(failure: Failure | null): OnlookerError {
  if (failure === OWN_ADDRESS || failure === PRIVATE_ADDRESS)
    return new OnlookerError('BAD_MESSAGE', `Refused: ${failure.reason}.`);
  return new OnlookerError('SOURCE_FAILED', `No picture: ${failure?.reason ?? 'the source is empty'}.`);
}
