// Pictures of cameras with boxes and names drawn in: once for all who ask for the same frame, and one after the other beside
// the frames of streams, so that whoever looks often costs nobody else anything.
import type { AnsweredPicture } from '../pipeline/cameras/camera.js';
import type { DrawFaces } from './draw-faces.js';

export interface DrawnSnapshotsParts {
  readonly draw: DrawFaces;
  /** Waits until it may be done, `Pipeline.aside`. @throws OnlookerError OVERLOADED, DRAINING */
  readonly aside: <T>(job: () => Promise<T>) => Promise<T>;
  readonly maxPixels: number;
}

export class DrawnSnapshots {
  readonly #parts: DrawnSnapshotsParts;
  /** Goes with the picture, which goes when the next one is answered. */
  readonly #drawn = new WeakMap<AnsweredPicture, Promise<Uint8Array>>();
  /** By stream: at most one waits, and it will be drawn as things are by then. */
  readonly #waiting = new Map<string, Promise<Uint8Array>>();

  constructor(parts: DrawnSnapshotsParts) {
    this.#parts = parts;
  }

  /**
   * The picture of a stream's newest answered frame, or of a newer one that is answered while this one waits.
   * @param newest asked now and when it is drawn
   * @returns JPEG
   * @throws OnlookerError OVERLOADED, DRAINING, and what `newest` throws
   */
  of(stream: string, newest: () => AnsweredPicture): Promise<Uint8Array> {
    const picture = newest();
    if (drawnOf(picture).length === 0) return Promise.resolve(picture.jpeg);
    return this.#drawn.get(picture) ?? this.#waiting.get(stream) ?? this.#wait(stream, newest);
  }

  #wait(stream: string, newest: () => AnsweredPicture): Promise<Uint8Array> {
    const drawn = this.#parts.aside(() => {
      this.#waiting.delete(stream);
      return this.#draw(newest());
    });
    this.#waiting.set(stream, drawn);
    const forget = (): void => {
      if (this.#waiting.get(stream) === drawn) this.#waiting.delete(stream);
    };
    drawn.then(forget, forget);
    return drawn;
  }

  #draw(picture: AnsweredPicture): Promise<Uint8Array> {
    const known = this.#drawn.get(picture);
    if (known !== undefined) return known;
    const { draw, maxPixels } = this.#parts;
    const found = drawnOf(picture);
    const drawn = found.length === 0 ? Promise.resolve(picture.jpeg) : draw(picture.jpeg, found, maxPixels);
    this.#drawn.set(picture, drawn);
    // The next who asks has it tried again.
    drawn.catch(() => this.#drawn.delete(picture));
    return drawn;
  }
}

function drawnOf({ payload }: AnsweredPicture) {
  if ('faces' in payload) return payload.faces;
  return 'objects' in payload ? payload.objects : [];
}
