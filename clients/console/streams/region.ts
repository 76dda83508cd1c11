// A region of the picture, `[x, y, width, height]` in 0..1 of it: how drawing and arrow keys change it. Pure.

export type Region = readonly [number, number, number, number];

/** How a picture is turned, clockwise, and mirrored after that. */
export interface Orientation {
  readonly rotate: 0 | 90 | 180 | 270;
  readonly flip: 'none' | 'horizontal' | 'vertical';
}

/** A smaller one is a slip of the hand. */
const LEAST = 0.03;
const STEP = 0.02;
/** What the first key makes where there is none. */
const FIRST: Region = [0.25, 0.25, 0.5, 0.5];

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Between two corners; null where it is too small to be meant. */
export function regionBetween(one: readonly [number, number], other: readonly [number, number]): Region | null {
  const left = clamp(Math.min(one[0], other[0]), 0, 1);
  const top = clamp(Math.min(one[1], other[1]), 0, 1);
  const width = clamp(Math.max(one[0], other[0]), 0, 1) - left;
  const height = clamp(Math.max(one[1], other[1]), 0, 1) - top;
  return width < LEAST || height < LEAST ? null : within([left, top, width, height]);
}

/** What a key does to it; undefined for a key that means nothing here. */
export function regionAfterKey(region: Region | null, key: string, isSizing: boolean): Region | null | undefined {
  if (key === 'Delete' || key === 'Backspace') return null;
  const right = { ArrowLeft: -STEP, ArrowRight: STEP }[key] ?? 0;
  const down = { ArrowUp: -STEP, ArrowDown: STEP }[key] ?? 0;
  if (right === 0 && down === 0) return undefined;
  if (region === null) return FIRST;
  const [x, y, width, height] = region;
  if (isSizing) return within([x, y, clamp(width + right, LEAST, 1 - x), clamp(height + down, LEAST, 1 - y)]);
  return within([clamp(x + right, 0, 1 - width), clamp(y + down, 0, 1 - height), width, height]);
}

/** The same part of the scene once its picture is turned and mirrored otherwise. */
export function regionTurned(region: Region, from: Orientation, to: Orientation): Region {
  // Mirrored twice is not mirrored.
  return within(mirrored(quarterTurns(mirrored(region, from.flip), (360 - from.rotate + to.rotate) / 90), to.flip));
}

function quarterTurns(region: Region, count: number): Region {
  let [x, y, width, height] = region;
  for (let turn = 0; turn < count % 4; turn++) [x, y, width, height] = [1 - y - height, x, height, width];
  return [x, y, width, height];
}

function mirrored([x, y, width, height]: Region, flip: Orientation['flip']): Region {
  return [flip === 'horizontal' ? 1 - x - width : x, flip === 'vertical' ? 1 - y - height : y, width, height];
}

/** With three digits, and inside of the picture for all that rounding does. */
function within([x, y, width, height]: Region): Region {
  const left = rounded(x);
  const top = rounded(y);
  return [left, top, rounded(Math.min(width, 1 - left)), rounded(Math.min(height, 1 - top))];
}
