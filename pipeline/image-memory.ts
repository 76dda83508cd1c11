// Images on their way, as bytes in shared memory: threads read them where they lie, and the memory is used again for the
// next frame instead of being given back and asked for anew, 84 KB at a time. Whoever holds an image releases it once.

export interface HeldImage {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** The bytes may be overwritten from now on: no thread may read them any more. Nothing happens when called again. */
  release(): void;
}

/** Images of one camera differ by a few per cent: sizes in steps of half a power of two waste little and fit again. */
const LEAST_BYTES = 4 * 1024;

export class ImageMemory {
  readonly #mostFreeBytes: number;
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  #freeBytes = 0;

  /** @param mostFreeBytes how much is kept for the next images; more is left to the garbage collector */
  constructor(mostFreeBytes: number) {
    this.#mostFreeBytes = mostFreeBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Copies an image. */
  hold(image: Uint8Array): HeldImage {
    const size = sizeClass(image.byteLength);
    const kept = this.#free.get(size)?.pop();
    if (kept !== undefined) this.#freeBytes -= size;
    const memory = kept ?? new SharedArrayBuffer(size);
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

  #keep(memory: SharedArrayBuffer): void {
    const size = memory.byteLength;
    if (this.#freeBytes + size > this.#mostFreeBytes) return;
    this.#freeBytes += size;
    const alike = this.#free.get(size);
    if (alike === undefined) this.#free.set(size, [memory]);
    else alike.push(memory);
  }
}

/** @returns the least of 4 KiB, 6, 8, 12, 16, … that holds so many bytes */
function sizeClass(bytes: number): number {
  let size = LEAST_BYTES;
  while (size < bytes) size *= 2;
  const between = (size / 4) * 3;
  return size > LEAST_BYTES && bytes <= between ? between : size;
}
