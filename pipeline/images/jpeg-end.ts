// A JPEG image up to its end marker. Some cameras and programs leave that out, others put things behind it: zeros up to the end of
// a buffer, a second picture, the film of a phone. Decoders take the end of the bytes for damage, so one is put there; whether
// the picture itself is whole they then say.
import { readJpegHeader } from './jpeg-header.js';
import { EOI, FF, SOS, markerBytes } from './jpeg-scans.js';

export interface EndedJpeg {
  /** From the start marker to the end marker. */
  readonly bytes: Uint8Array;
  /** The end marker was missing: so something of the picture may be missing as well. */
  readonly wasOpen: boolean;
}

/** @returns null where scans are missing too: a decoder would not notice it, it would show a coarser picture */
export function endedJpeg(image: Uint8Array): EndedJpeg | null {
  if (image.at(-2) === FF && image.at(-1) === EOI) return { bytes: image, wasOpen: false };
  const scans: number[] = [];
  const end = findEnd(image, scans);
  if (end !== null) return { bytes: image.subarray(0, end), wasOpen: false };
  const header = readJpegHeader(image);
  if (header?.hasOneScan !== true && !hasAllCoefficients(image, scans, header?.components ?? 0)) return null;
  const bytes = new Uint8Array(image.length + 2);
  bytes.set(image);
  bytes.set([FF, EOI], image.length);
  return { bytes, wasOpen: true };
}

/** @param scans where each scan begins is added here */
function findEnd(image: Uint8Array, scans: number[]): number | null {
  // Much faster at finding a byte than the array that it is.
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  for (let at = bytes.indexOf(FF, 2); at >= 0; at = bytes.indexOf(FF, at)) {
    const code = bytes[at + 1];
    if (code === undefined) return null;
    if (code === EOI) return at + 2;
    if (code === SOS) scans.push(at);
    at += markerBytes(bytes, at, code);
  }
  return null;
}

const COEFFICIENTS = 64;

/** Whether every coefficient of every component has come with its last bit (ITU T.81, B.2.3 and G.1.1). */
function hasAllCoefficients(image: Uint8Array, scans: readonly number[], components: number): boolean {
  const whole = new Map<number, Set<number>>();
  for (const at of scans) {
    const count = image[at + 4] ?? 0;
    const parameters = at + 5 + 2 * count;
    const [first = 0, last = 0, approximation = 0] = image.subarray(parameters, parameters + 3);
    if ((approximation & 0x0f) !== 0) continue;
    for (let nth = 0; nth < count; nth++) {
      const component = image[at + 5 + 2 * nth] ?? 0;
      const known = whole.get(component) ?? new Set();
      whole.set(component, known);
      for (let index = first; index <= Math.min(last, COEFFICIENTS - 1); index++) known.add(index);
    }
  }
  return whole.size === components && [...whole.values()].every(({ size }) => size === COEFFICIENTS);
}
