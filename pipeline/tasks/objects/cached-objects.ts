// How what was found in a frame is kept for the same bytes.
import type { FrameRegion } from '../../frames/frame-job.js';
import type { Cacheable } from '../../streams/frame-cache.js';
import type { FoundObject } from './object-items.js';

type Found = readonly FoundObject[];

const OBJECT_BYTES = 64;

export class CachedObjects implements Cacheable<Found> {
  readonly key: string;
  readonly rank = 0;
  readonly version = '';

  /** @param model id of the model, with its version */
  constructor(model: string, region: FrameRegion | null) {
    this.key = JSON.stringify(['objects', model, region]);
  }

  serves(): boolean {
    return true;
  }

  copy(found: Found): Found {
    return found;
  }

  keep(found: Found): Found {
    return found;
  }

  bytesOf(found: Found): number {
    return found.length * OBJECT_BYTES;
  }

  wipe(): void {
    // Boxes and classes are nobody's.
  }
}
