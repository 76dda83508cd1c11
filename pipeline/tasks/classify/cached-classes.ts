// How what a classifier made of a frame is kept for the same bytes.
import type { Cacheable } from '../../streams/frame-cache.js';
import type { FrameRegion } from '../../frames/frame-job.js';
import type { ClassifiedPart } from './classify-job.js';

type Parts = readonly ClassifiedPart[];

const PART_BYTES = 256;

export class CachedClasses implements Cacheable<Parts> {
  readonly key: string;
  readonly rank = 0;
  readonly version = '';

  /** @param model id of the model, with its version */
  constructor(model: string, regions: readonly FrameRegion[] | null) {
    this.key = JSON.stringify(['classify', model, regions]);
  }

  serves(): boolean {
    return true;
  }

  copy(parts: Parts): Parts {
    return parts;
  }

  keep(parts: Parts): Parts {
    return parts;
  }

  bytesOf(parts: Parts): number {
    return parts.reduce((sum, { probabilities }) => sum + probabilities.byteLength + PART_BYTES, 0);
  }

  wipe(): void {
    // Probabilities of classes are nobody's.
  }
}
