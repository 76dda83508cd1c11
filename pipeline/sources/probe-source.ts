// Tries an address once, before it is saved: one picture, or why there is none.
import { OnlookerError } from '../../protocol/errors.js';
import { ffmpegCommand, type SourceInput } from './ffmpeg-command.js';
import { OWN_ADDRESS } from './failure.js';
import { leadsHome, mediaFile, parseAddress, type AddressRules } from './source-address.js';
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
}
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
  const input = await inputOf(settings, options.rules);
  let picture: Uint8Array<ArrayBuffer> | null = null;
  const attempt = new SourceAttempt({
    command: ffmpegCommand(input, settings, { limits, hwaccel: null, isPatient: false, silenceMs: timings.startMs }),
    limits,
    timings,
    clock: SYSTEM_CLOCK,
    onPicture: (jpeg) => {
      picture ??= jpeg;
      void attempt.stop();
    },
    onStall: () => undefined,
  });
  const stop = (): void => void attempt.stop();
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) stop();
  const { failure } = await attempt.ended;
  options.signal?.removeEventListener('abort', stop);
  if (picture !== null) return { format: attempt.format, picture };
  throw new OnlookerError('SOURCE_FAILED', `No picture: ${failure?.reason ?? 'the source is empty'}.`);
}

async function inputOf(settings: SourceSettings, rules: AddressRules): Promise<SourceInput> {
  const address = parseAddress(settings.url, rules);
  if (address.kind === 'media') return { kind: 'media', path: await mediaFile(address, rules.mediaDir) };
  if (await leadsHome(address, rules)) throw new OnlookerError('BAD_MESSAGE', `Refused: ${OWN_ADDRESS.reason}.`);
  return address;
}
