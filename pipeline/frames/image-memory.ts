// Images on their way, as bytes in shared memory: threads read them where they lie, and the memory is used again for the
// next frame instead of being given back and asked for anew, 84 KB at a time. Whoever holds an image releases it once.
import { DroppedMemory } from '../threads/collect-garbage.js';

export interface HeldImage {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** The bytes may be overwritten from now on: no thread may read them any more. Nothing happens when called again. */
  release(): void;
}

/** Images of one camera differ by a few per cent: sizes in steps of half a power of two waste little and fit again. */
const LEAST_BYTES = 4 * 1024;

export class ImageMemory {
  readonly #mostFreeBytes: number;
  /** By size, that which an image came in the longest ago first. */
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  readonly #dropped = new DroppedMemory();
  #freeBytes = 0;

  /** @param mostFreeBytes how much is kept for the next images; sizes longest out of use make room for others */
  constructor(mostFreeBytes: number) {
    this.#mostFreeBytes = mostFreeBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Copies an image. */
  hold(image: Uint8Array): HeldImage {
    const size = sizeClass(image.byteLength);
    const memory = this.#take(size) ?? new SharedArrayBuffer(size);
    const bytes = new Uint8Array(memory, 0, image.byteLength);
    bytes.set(image);
    let isHeld = true;
    return {
      bytes,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#keep(memory);
      },
    };
  }

  #take(size: number): SharedArrayBuffer | undefined {
    const alike = this.#free.get(size) ?? [];
    this.#free.delete(size);
    this.#free.set(size, alike);
    const memory = alike.pop();
    if (memory !== undefined) this.#freeBytes -= size;
    return memory;
  }

  #keep(memory: SharedArrayBuffer): void {
    const size = memory.byteLength;
    if (!this.#makeRoom(size)) {
      this.#dropped.add(size);
      return;
    }
    this.#freeBytes += size;
    this.#free.get(size)?.push(memory);
  }

  /** Drops memory of sizes that are longer out of use than this one. @returns whether there is room then */
  #makeRoom(size: number): boolean {
    if (size > this.#mostFreeBytes) return false;
    for (const [other, alike] of this.#free) {
      if (other === size) break;
      while (this.#freeBytes + size > this.#mostFreeBytes && alike.pop() !== undefined) {
        this.#freeBytes -= other;
        this.#dropped.add(other);
      }
    }
    return this.#freeBytes + size <= this.#mostFreeBytes;
  }
}

/** @returns the least of 4 KiB, 6, 8, 12, 16, … that holds so many bytes */
function sizeClass(bytes: number): number {
  let size = LEAST_BYTES;
  while (size < bytes) size *= 2;
  const between = (size / 4) * 3;
  return size > LEAST_BYTES && bytes <= between ? between : size;
}
