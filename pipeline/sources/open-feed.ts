// Opens a source: what is to be judged is judged, what is to be connected to is connected to, and where ffmpeg is needed it
// is started, confined. Afterwards only the feed is left to hold.
import { confinement } from './confinement.js';
import type { Failure } from './failure.js';
import { ffmpegCommand, isCopied, type CommandOptions, type FfmpegInput } from './ffmpeg-command.js';
import { FfmpegFeed, type FfmpegSupply } from './ffmpeg-feed.js';
import { FfmpegProcess } from './ffmpeg-process.js';
import { HttpCamera } from './http-camera.js';
import { ImagePump } from './image-pump.js';
import type { PictureFeed } from './picture-feed.js';
import type { PipelineLog } from '../pipeline-log.js';
import { RateGuard } from './rate-guard.js';
import { RtspRelay } from './rtsp-relay.js';
import { mediaFile, type AddressRules, type SourceAddress } from './source-address.js';
import type { SourceClock } from './source-clock.js';
import type { SourceLimits, SourceSettings, SourceTimings } from './source-settings.js';
import { STREAM_FPS_DEFAULT } from '../../protocol/streams.js';

export interface FeedOptions {
  readonly rules: AddressRules;
  readonly limits: SourceLimits;
  readonly timings: Pick<SourceTimings, 'startMs' | 'killMs'>;
  readonly clock: SourceClock;
  readonly hwaccel: CommandOptions['hwaccel'];
  readonly isPatient: boolean;
  readonly signal: AbortSignal;
  readonly log: PipelineLog;
}

/**
 * @returns the feed, or why there is none
 * @throws OnlookerError BAD_MESSAGE for a file that cannot be opened
 */
export async function openFeed(
  address: SourceAddress,
  settings: SourceSettings,
  options: FeedOptions,
): Promise<PictureFeed | Failure> {
  const { rules, limits, timings, signal } = options;
  const network = { rules, signal, timeoutMs: timings.startMs, maxBytesPerSecond: limits.maxBytesPerSecond };
  if (address.kind === 'media') {
    const path = await mediaFile(address, rules.mediaDir);
    return new FfmpegFeed(await ffmpeg({ kind: 'media', path }, settings, options), null, limits);
  }
  if (address.kind === 'rtsp') {
    const relay = await RtspRelay.open(address, { ...network, maxPictureBytes: limits.maxFrameBytes });
    if (!(relay instanceof RtspRelay)) return relay;
    const process = await orClose(() => relay.close(), ffmpeg({ kind: 'rtsp', relayUrl: relay.url }, settings, options));
    return new FfmpegFeed(process, relay, limits);
  }
  const camera = await HttpCamera.open(address, {
    ...{ ...network, maxPictureBytes: limits.maxFrameBytes, maxPixels: limits.maxPixels },
    fps: settings.fps ?? STREAM_FPS_DEFAULT,
  });
  if (!(camera instanceof HttpCamera) || isCopied(address.kind, settings)) return camera;
  const process = await orClose(() => camera.stop(), ffmpeg({ kind: 'images' }, settings, options));
  const guard = new RateGuard(settings.fps ?? STREAM_FPS_DEFAULT, 1.5);
  const pump: FfmpegSupply = new ImagePump(camera, process.stdin, guard, limits.maxFrameBytes);
  return new FfmpegFeed(process, pump, limits);
}

/** What was opened for it ends where it does not start: nobody else would. */
async function orClose<T>(close: () => Promise<unknown>, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    await close();
    throw error;
  }
}

async function ffmpeg(input: FfmpegInput, settings: SourceSettings, options: FeedOptions): Promise<FfmpegProcess> {
  const { hwaccel, isPatient, limits, timings, clock, log } = options;
  // Over UDP only ffmpeg knows whether anything comes, so that it has to end before the attempt would be given up.
  const isUdp = input.kind === 'rtsp' && settings.transport === 'udp';
  const silenceMs = isUdp ? 0.8 * timings.startMs : null;
  const command = ffmpegCommand(input, settings, { limits, hwaccel, isPatient, silenceMs });
  const needs = {
    reads: input.kind === 'media' ? 'file' : 'camera',
    decodes: hwaccel === null ? 'software' : 'hardware',
    maxPixels: limits.maxPixels,
  } as const;
  return new FfmpegProcess(command, await confinement(needs, log), clock, timings.killMs);
}
