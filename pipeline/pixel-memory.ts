// Memory for the pixels of a frame, which threads share: that of an earlier frame where it is large enough.
import { DroppedMemory } from './collect-garbage.js';

const GROWTH_STEP_BYTES = 1 << 20;

/** Whatever is made here is dropped some day, at once where the image turns out to be bad; nobody tells this thread when. */
const dropped = new DroppedMemory();

/** The given memory when it is large enough, otherwise new memory: frames of one camera reuse theirs for ever. */
export function pixelMemory(bytes: number, reuse: SharedArrayBuffer | null): SharedArrayBuffer {
  if (reuse !== null && reuse.byteLength >= bytes) return reuse;
  const size = Math.ceil(bytes / GROWTH_STEP_BYTES) * GROWTH_STEP_BYTES;
  // Before it is made: what is collected makes room for it.
  dropped.add(size);
  return new SharedArrayBuffer(size);
}
