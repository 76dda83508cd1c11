// The memory of frames in the pipeline: a fixed number of slots that are used again and again. A frame without a slot
// waits in its stream, as bytes; so the slots are what bounds both the memory and the time spent inside.
import { DroppedMemory } from '../threads/collect-garbage.js';
import { bytesTaken } from './pixel-memory.js';

/** The memory of one frame on its way. */
export interface FrameSlot {
  /** Pixels, of pixel-memory.ts: as large as the largest of the last frames, null while there are none. */
  pixels: SharedArrayBuffer | null;
  /** The detector's input, float32. */
  readonly input: SharedArrayBuffer;
  /** The same of the parts of a very wide or tall picture; null while there was none lately. */
  partsInput: SharedArrayBuffer | null;
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
  #hasParts = false;

  /** @param inputBytes size of a detector's input */
  constructor(count: number, inputBytes: number) {
    this.count = count;
    for (let i = 0; i < count; i++) this.#free.push({ pixels: null, input: new SharedArrayBuffer(inputBytes), partsInput: null });
  }

  get inUse(): number {
    return this.count - this.#free.length;
  }

  acquire(): FrameSlot | undefined {
    return this.#free.pop();
  }

  /** @param hasParts whether the frame was looked at in parts */
  release(slot: FrameSlot, hasParts = false): void {
    this.#free.push(slot);
    this.#hasParts ||= hasParts;
    if (slot.pixels !== null) this.#mostTaken = Math.max(this.#mostTaken, bytesTaken(slot.pixels));
    this.#giveBack([slot], KEEP_PIXEL_BYTES);
    if (++this.#framesInWindow < WINDOW_FRAMES) return;
    this.#giveBack(this.#free, Math.max(2 * this.#mostTaken, LEAST_PIXEL_BYTES));
    if (!this.#hasParts) this.#giveBackParts();
    this.#hasParts = false;
    this.#framesInWindow = 0;
    this.#mostTaken = 0;
  }

  #giveBackParts(): void {
    for (const slot of this.#free) {
      this.#dropped.add(slot.partsInput?.byteLength ?? 0);
      slot.partsInput = null;
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
