// Memory for the pixels of a frame, which threads share: that of an earlier frame where it is large enough. At its end it
// carries a note of how much of it the last frame took, so that whoever keeps it can tell that it has become too large.
import { DroppedMemory } from '../threads/collect-garbage.js';

const GROWTH_STEP_BYTES = 1 << 20;
const NOTE_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/** Whatever is made here is dropped some day, at once where the image turns out to be bad; nobody tells this thread when. */
const dropped = new DroppedMemory();

/** The given memory when it is large enough, otherwise new memory: frames of one camera use theirs again. */
export function pixelMemory(bytes: number, reuse: SharedArrayBuffer | null): SharedArrayBuffer {
  const memory = reuse !== null && reuse.byteLength >= bytes + NOTE_BYTES ? reuse : newMemory(bytes);
  noteOf(memory).setUint32(0, bytes);
  return memory;
}

/** How much of it the last frame took, bytes. */
export function bytesTaken(memory: SharedArrayBuffer): number {
  return noteOf(memory).getUint32(0);
}

function newMemory(bytes: number): SharedArrayBuffer {
  const size = Math.ceil((bytes + NOTE_BYTES) / GROWTH_STEP_BYTES) * GROWTH_STEP_BYTES;
  // Before it is made: what is collected makes room for it.
  dropped.add(size);
  return new SharedArrayBuffer(size);
}

function noteOf(memory: SharedArrayBuffer): DataView {
  return new DataView(memory, memory.byteLength - NOTE_BYTES);
}
