// Values of options as the parser reads them: the number, or what is wrong with it.
import { InvalidArgumentError } from 'commander';
import { isAspect } from '../../protocol/aspect.js';
import { ATTRIBUTES, type AttributeName } from '../../protocol/payloads.js';

export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number over 0.');
}

export function wholeNumber(text: string): number {
  const value = positive(text);
  if (Number.isInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}

export const attributesHelp = `what else to tell of faces, with commas between: ${ATTRIBUTES.join(', ')}`;

export function attributes(text: string): AttributeName[] {
  return text.split(',').map((part) => {
    const name = ATTRIBUTES.find((known) => known === part.trim());
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`It must be any of ${ATTRIBUTES.join(', ')}, with commas between.`);
  });
}

export type Rotation = 0 | 90 | 180 | 270;

export function rotation(text: string): Rotation {
  const degrees = ([0, 90, 180, 270] as const).find((value) => String(value) === text.trim());
  if (degrees !== undefined) return degrees;
  throw new InvalidArgumentError('It must be 0, 90, 180 or 270.');
}

/** `16:9`. */
export function aspect(text: string): string {
  if (isAspect(text)) return text;
  throw new InvalidArgumentError('It must be width:height, e.g. 16:9, and neither more than eight times the other.');
}

export type Region = [x: number, y: number, w: number, h: number];

export function region(text: string): Region {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [x = NaN, y = NaN, w = NaN, h = NaN] = values;
  const isInside = values.length === 4 && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 1 + 1e-9 && y + h <= 1 + 1e-9;
  if (isInside) return [x, y, w, h];
  throw new InvalidArgumentError('It must be x,y,w,h in 0..1 of the frame, e.g. 0,0.5,1,0.5 for its lower half.');
}

export function streamId(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 of A-Z a-z 0-9 . _ -');
}
