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
 * Where a label may go: above its face, or below it, within it, or beside it, wherever it is on the canvas; the best first, and
 * at least one.
 */
export function placesOf({ width, height }: Size, [x, y, wide, tall]: Area, canvas: Size): readonly Area[] {
  const [above, below, right] = [y - height, y + tall, x + wide - width];
  const corners = [
    ...[above, below].flatMap((top) => [x, right].map((left) => [left, top] as const)),
    ...[y, below - height].flatMap((top) => [x, x + wide, x - width].map((left) => [left, top] as const)),
  ];
  const within = corners.filter(([, top]) => top >= 0 && top + height <= canvas.height);
  return (within.length > 0 ? within : [[x, clamped(above, canvas.height - height)] as const]).map(([left, top]) => [
    clamped(left, canvas.width - width),
    top,
    width,
    height,
  ]);
}

/** The first that hides no other label. @param taken where the labels before it are */
export function freeOf(places: readonly Area[], taken: readonly Area[]): Area | undefined {
  return places.find((place) => !taken.some((other) => overlap(place, other)));
}

const clamped = (value: number, most: number): number => Math.max(0, Math.min(value, most));

const overlap = (one: Area, other: Area): boolean =>
  one[0] < other[0] + other[2] && other[0] < one[0] + one[2] && one[1] < other[1] + other[3] && other[1] < one[1] + one[3];
