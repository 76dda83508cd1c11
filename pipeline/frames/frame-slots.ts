// The memory of frames in the pipeline: a fixed number of slots that are used again and again. A frame without a slot
// waits in its stream, as bytes; so the slots are what bounds both the memory and the time spent inside.
import { DroppedMemory } from '../threads/collect-garbage.js';
import { bytesTaken } from './pixel-memory.js';

/** The memory of one frame on its way. */
export interface FrameSlot {
  /** Pixels, of pixel-memory.ts: as large as the largest of the last frames, null while there are none. */
  pixels: SharedArrayBuffer | null;
  /** Inputs of models, float32, one after the other: as large as the largest of the last frames, null while there are none. */
  inputs: SharedArrayBuffer | null;
}

/** Slots that grew beyond this (a 4K frame) give their pixels back: one huge photo must not hold memory for ever. */
const KEEP_PIXEL_BYTES = 3840 * 2160 * 3 + (1 << 20);
/** Less than this is not worth giving back: small images would only ask for it anew. */
const LEAST_PIXEL_BYTES = 2 << 20;
/**
 * After every so many frames, slots with more than twice the pixels that any of those frames took give theirs back. All slots
 * are measured by all frames, since any frame may come to any slot; of a followed camera one in ten frames takes the most.
 */
export const WINDOW_FRAMES = 64;

export class FrameSlots {
  readonly #free: FrameSlot[] = [];
  readonly #dropped = new DroppedMemory();
  readonly count: number;
  #framesInWindow = 0;
  #mostTaken = 0;
  #mostInputs = 0;

  constructor(count: number) {
    this.count = count;
    for (let i = 0; i < count; i++) this.#free.push({ pixels: null, inputs: null });
  }

  get inUse(): number {
    return this.count - this.#free.length;
  }

  acquire(): FrameSlot | undefined {
    return this.#free.pop();
  }

  /** @param inputBytes how much of the memory for inputs the frame took */
  release(slot: FrameSlot, inputBytes = 0): void {
    this.#free.push(slot);
    this.#mostInputs = Math.max(this.#mostInputs, inputBytes);
    if (slot.pixels !== null) this.#mostTaken = Math.max(this.#mostTaken, bytesTaken(slot.pixels));
    this.#giveBack([slot], KEEP_PIXEL_BYTES);
    if (++this.#framesInWindow < WINDOW_FRAMES) return;
    this.#giveBack(this.#free, Math.max(2 * this.#mostTaken, LEAST_PIXEL_BYTES));
    this.#giveBackInputs(this.#mostInputs);
    this.#framesInWindow = 0;
    this.#mostTaken = 0;
    this.#mostInputs = 0;
  }

  /** Those that took more than any frame of late: of a panorama's tiles, or of a task that nobody asks for any more. */
  #giveBackInputs(mostBytes: number): void {
    if (mostBytes === 0) return;
    for (const slot of this.#free) {
      const bytes = slot.inputs?.byteLength ?? 0;
      if (bytes <= mostBytes) continue;
      slot.inputs = null;
      this.#dropped.add(bytes);
    }
  }

  /** Slots with more pixels than that are left without. */
  #giveBack(slots: readonly FrameSlot[], mostBytes: number): void {
    for (const slot of slots) {
      const bytes = slot.pixels?.byteLength ?? 0;
      if (bytes <= mostBytes) continue;
      slot.pixels = null;
      this.#dropped.add(bytes);
    }
  }
}
