// The settings in the pipeline's words.
import type { PreparedPack } from '../models/prepared.js';
import type { PipelineOptions } from '../pipeline/pipeline-options.js';
import type { Settings } from './settings.js';

/** Without gallery, observer and log, which are their owners' to add. */
export function pipelineOptions<P extends PreparedPack | null>(
  settings: Settings,
  pack: P,
): PipelineOptions & { readonly pack: P } {
  const { matchThreshold: match, matchMargin: margin } = settings;
  return {
    pack,
    gallery: null,
    provider: settings.provider,
    lanes: settings.lanes,
    preprocessWorkers: settings.preprocessWorkers,
    maxBatch: settings.maxBatch,
    credits: settings.credits,
    deadlineMs: settings.deadlineMs,
    detectEvery: settings.detectEvery,
    maxFrameBytes: settings.maxFrameBytes,
    maxPixels: settings.maxPixels,
    maxWaitingBytes: settings.maxWaitingBytes,
    maxWaitingRequests: settings.maxWaitingRequests,
    cache: { bytes: settings.cacheMb * 2 ** 20, streams: settings.cacheStreams },
    thresholds: { ...(match === undefined ? {} : { match }), ...(margin === undefined ? {} : { margin }) },
    quality: {
      minFacePx: settings.enrolMinFacePx,
      minSharpness: settings.enrolMinSharpness,
      maxYawDegrees: settings.enrolMaxYaw,
      maxPitchDegrees: settings.enrolMaxPitch,
      minScore: settings.enrolMinScore,
    },
  };
}
