// Says which pictures are worth looking at: those that differ from the last one handed on. Compares thumbnails of 64 x 36
// cells that libjpeg decodes at an eighth of the size. Must never keep a still person from being looked at for long.
import sharp from 'sharp';
import { tooDear } from '../images/decoding-cost.js';
import { readImageHeader } from '../images/image-header.js';
import { hasTooManyScans } from '../images/jpeg-scans.js';

sharp.cache(false);
sharp.concurrency(1);

const WIDTH = 64;
const HEIGHT = 36;
/** Of 255. The noise of a sensor in the dark (sigma 30) moves a cell by 3, a pale face before a grey wall by 6 to 30. */
const CELL_DIFFERENCE = 5;
/** A face of 60 px in a picture 1280 px wide covers nine cells. */
const LEAST_CELLS = 2;
/** 8K. Larger pictures are handed on as they are. */
const MOST_PIXELS = 7680 * 4320;

export interface MotionGateTimings {
  /** After a change everything is handed on for this long: a person who stands still must be seen often enough to be named. */
  readonly holdMs: number;
  /** At least one picture in this time is handed on, whatever it shows. */
  readonly heartbeatMs: number;
}
export const MOTION_GATE_TIMINGS: MotionGateTimings = { holdMs: 3000, heartbeatMs: 2000 };

export class MotionGate {
  readonly #timings: MotionGateTimings;
  #last: Uint8Array | null = null;
  #lastMs = -Infinity;
  #changedMs = -Infinity;
  #heldBack = 0;

  constructor(timings: MotionGateTimings = MOTION_GATE_TIMINGS) {
    this.#timings = timings;
  }

  /** How many pictures were not handed on. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /** Whether this picture is to be handed on. One that cannot be read is: who decodes it tells why. */
  async lets(jpeg: Uint8Array, nowMs: number): Promise<boolean> {
    const cells = await thumbnail(jpeg);
    const hasChanged = cells === null || this.#last === null || changedCells(this.#last, cells) >= LEAST_CELLS;
    if (hasChanged) this.#changedMs = nowMs;
    const { holdMs, heartbeatMs } = this.#timings;
    if (nowMs - this.#changedMs <= holdMs || nowMs - this.#lastMs >= heartbeatMs) {
      this.#last = cells;
      this.#lastMs = nowMs;
      return true;
    }
    this.#heldBack += 1;
    return false;
  }
}

async function thumbnail(jpeg: Uint8Array): Promise<Uint8Array | null> {
  const header = readImageHeader(jpeg);
  if ((header !== null && tooDear(header, MOST_PIXELS) !== null) || hasTooManyScans(jpeg)) return null;
  try {
    return await sharp(jpeg, { failOn: 'none', limitInputPixels: MOST_PIXELS })
      .resize(WIDTH, HEIGHT, { fit: 'fill', kernel: 'linear' })
      .greyscale()
      .raw()
      .toBuffer();
  } catch {
    return null;
  }
}

/** The picture's mean is taken out: a cloud or the camera's exposure changes everything a little, and is nobody. */
export function changedCells(before: Uint8Array, after: Uint8Array): number {
  const shift = mean(after) - mean(before);
  let changed = 0;
  for (let cell = 0; cell < after.length; cell++) {
    if (Math.abs((after[cell] ?? 0) - (before[cell] ?? 0) - shift) > CELL_DIFFERENCE) changed += 1;
  }
  return changed;
}

function mean(cells: Uint8Array): number {
  let sum = 0;
  for (const cell of cells) sum += cell;
  return sum / cells.length;
}
