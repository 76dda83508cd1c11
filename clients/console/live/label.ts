// Labels of faces: what fits, and where it hides no other one. Pure.

/** `[x, y, width, height]` in pixels of the canvas. */
export type Area = readonly [number, number, number, number];
interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * As much of a text as there is room for, with "…" in place of the rest.
 *
 * @param widthOf as wide as it is drawn
 */
export function fitted(text: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= room) return text;
  const signs = Array.from(text);
  let [fits, tooMany] = [0, signs.length];
  while (tooMany - fits > 1) {
    const count = Math.floor((fits + tooMany) / 2);
    if (widthOf(`${signs.slice(0, count).join('')}…`) <= room) fits = count;
    else tooMany = count;
  }
  return `${signs.slice(0, fits).join('').trimEnd()}…`;
}

/**
 * Where a label goes: above its face, or below it, or within it, wherever it is on the canvas and hides no other label; above
 * all the same where there is no such place.
 *
 * @param taken where the labels before it are
 */
export function placeOf({ width, height }: Size, [x, y, , tall]: Area, canvas: Size, taken: readonly Area[]): Area {
  const left = Math.max(0, Math.min(x, canvas.width - width));
  const places = [y - height, y + tall, y, y + tall - height]
    .filter((top) => top >= 0 && top + height <= canvas.height)
    .map((top): Area => [left, top, width, height]);
  const free = places.find((place) => !taken.some((other) => overlap(place, other)));
  return free ?? places[0] ?? [left, Math.max(0, Math.min(y - height, canvas.height - height)), width, height];
}

const overlap = (one: Area, other: Area): boolean =>
  one[0] < other[0] + other[2] && other[0] < one[0] + one[2] && one[1] < other[1] + other[3] && other[1] < one[1] + one[3];
