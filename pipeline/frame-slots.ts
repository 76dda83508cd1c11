// The memory of frames in the pipeline: a fixed number of slots that are used again and again. A frame without a slot
// waits in its stream, as bytes; so the slots are what bounds both the memory and the time spent inside.
import { DroppedMemory } from './collect-garbage.js';

/** The memory of one frame on its way. */
export interface FrameSlot {
  /** RGB pixels; grows with the largest frame seen, null while never used. */
  pixels: SharedArrayBuffer | null;
  /** The detector's input, float32. */
  readonly input: SharedArrayBuffer;
}

/** Slots that grew beyond this (a 4K frame) give their pixels back: one huge photo must not hold memory for ever. */
const KEEP_PIXEL_BYTES = 3840 * 2160 * 3 + (1 << 20);

export class FrameSlots {
  readonly #free: FrameSlot[] = [];
  readonly #dropped = new DroppedMemory();
  readonly count: number;

  /** @param inputBytes size of a detector's input */
  constructor(count: number, inputBytes: number) {
    this.count = count;
    for (let i = 0; i < count; i++) this.#free.push({ pixels: null, input: new SharedArrayBuffer(inputBytes) });
  }

  get inUse(): number {
    return this.count - this.#free.length;
  }

  acquire(): FrameSlot | undefined {
    return this.#free.pop();
  }

  release(slot: FrameSlot): void {
    if (slot.pixels !== null && slot.pixels.byteLength > KEEP_PIXEL_BYTES) this.#giveBack(slot, slot.pixels);
    this.#free.push(slot);
  }

  #giveBack(slot: FrameSlot, { byteLength }: SharedArrayBuffer): void {
    slot.pixels = null;
    this.#dropped.add(byteLength);
  }
}
