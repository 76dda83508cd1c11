// Whether a camera that sends pictures still shows anything new. A sensor's noise makes every picture a new one, down to its
// bytes, even where an encoder has smoothed it until nobody could see it; an encoder that is fed one still comes back to the
// same pictures with each key frame, so that after a while nothing is sent that was not sent before. How much pictures differ
// does not tell the two apart (measured: the encoder's own pumping moves a cell's brightness as much as weak noise does), but
// whether they repeat does. A film in a loop repeats too, so its scene is compared as well: that moves.
import { crc32 } from 'node:zlib';
import { readJpegHeader } from '../images/jpeg-header.js';

/** Without anything new for so long it is frozen. */
const FROZEN_MS = 60_000;
/** Two pictures further apart count as so far apart: a connection that was lost in between says nothing. */
const MOST_GAP_MS = 15_000;
/** Once it is frozen one new picture proves nothing: encoders refine a still now and then. So many in a row do. */
const NEW_IN_A_ROW = 3;
/** Of 255, of one cell. Encoders fed a still move a cell by less than 5, a hand that moves by far more. */
const SCENE_DIFFERENCE = 6;
/** Pictures that are remembered: key frames ten seconds apart at 60 pictures a second, and more. */
const MOST_REMEMBERED = 1024;

export class FrozenPicture {
  /** What was shown, by its checksum and length, in the order of when it last was. Nobody gains by making two pictures alike. */
  readonly #seen = new Set<string>();
  #scene: Float32Array | null = null;
  #lastMs: number | null = null;
  #unchangedMs = 0;
  #newInARow = 0;
  #isFrozen = false;

  get isFrozen(): boolean {
    return this.#isFrozen;
  }
  /** For how long it has shown nothing new. */
  get unchangedMs(): number {
    return this.#unchangedMs;
  }

  /** A picture came. */
  picture(jpeg: Uint8Array, nowMs: number): void {
    // Without its header, where cameras write the time.
    const content = jpeg.subarray(readJpegHeader(jpeg)?.scanAt ?? 0);
    this.#newInARow = this.#remember(`${crc32(content)} ${content.length}`) ? this.#newInARow + 1 : 0;
    if (this.#newInARow < (this.#isFrozen ? NEW_IN_A_ROW : 1)) return this.unchanged(nowMs);
    this.#lastMs = nowMs;
    this.#changed();
  }

  /** Nothing new was shown, or the camera said that there is nothing new. */
  unchanged(nowMs: number): void {
    this.#unchangedMs += this.#lastMs === null ? 0 : Math.min(MOST_GAP_MS, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    if (this.#unchangedMs >= FROZEN_MS) this.#isFrozen = true;
  }

  /** A picture was decoded anyway; it may be one from a moment ago. @param scene brightness of its cells, 0..255 */
  scene(scene: Float32Array): void {
    const isSame =
      this.#scene !== null && scene.every((value, i) => Math.abs(value - (this.#scene?.[i] ?? 0)) < SCENE_DIFFERENCE);
    if (isSame) return;
    // The first one is nothing to compare with.
    if (this.#scene !== null) this.#changed();
    this.#scene = scene;
  }

  #changed(): void {
    this.#unchangedMs = 0;
    this.#isFrozen = false;
  }

  /** @returns whether it was not among those remembered */
  #remember(content: string): boolean {
    const isNew = !this.#seen.delete(content);
    this.#seen.add(content);
    const [oldest] = this.#seen.size > MOST_REMEMBERED ? this.#seen : [];
    if (oldest !== undefined) this.#seen.delete(oldest);
    return isNew;
  }
}
