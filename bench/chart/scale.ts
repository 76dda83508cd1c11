// Where a value lies on an axis, and which values are written beside it. Knows nothing of drawing.

export type ScaleKind = 'linear' | 'log';

export interface Scale {
  /** 0 at the beginning of the axis, 1 at its end. */
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

const ABOUT_TICKS = 6;

/**
 * An axis that has room for all the values. A linear one begins at 0, so that lengths tell the truth; a logarithmic one
 * takes positive values alone.
 * @param ticks to be written, where the caller knows better; the axis then ends at the outermost of ticks and values
 */
export function scaleFor(values: readonly number[], kind: ScaleKind, ticks?: readonly number[]): Scale {
  const drawable = values.filter((value) => isDrawable(value, kind));
  const all = ticks === undefined ? drawable : [...drawable, ...ticks];
  const most = all.length === 0 ? 1 : Math.max(...all);
  const least = all.length === 0 ? 1 : Math.min(...all);
  return kind === 'log' ? logScale(least, most, ticks) : linearScale(Math.min(0, least), most, ticks);
}

export function isDrawable(value: number, kind: ScaleKind): boolean {
  return Number.isFinite(value) && (kind === 'linear' || value > 0);
}

function linearScale(from: number, most: number, given?: readonly number[]): Scale {
  const step = niceStep((most - from || 1) / ABOUT_TICKS);
  const low = Math.floor(from / step) * step;
  const high = given === undefined ? Math.max(Math.ceil(most / step) * step, low + step) : most;
  const count = Math.round((high - low) / step);
  const ticks = given ?? Array.from({ length: count + 1 }, (_, index) => Number((low + index * step).toPrecision(12)));
  const extent = high - low || 1;
  return { place: (value) => (value - low) / extent, ticks };
}

function logScale(least: number, most: number, given?: readonly number[]): Scale {
  const steps = niceSteps(least, most);
  const ticks = given ?? steps;
  const from = Math.log(given === undefined ? (steps[0] ?? least) : least);
  const to = Math.log(given === undefined ? (steps.at(-1) ?? most) : most);
  const extent = to - from || 1;
  return { place: (value) => (Math.log(value) - from) / extent, ticks };
}

/** 1, 2 or 5 times a power of ten: the smallest of them that is not below. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Powers of ten around the values; with their double and fivefold where there are few. */
function niceSteps(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least) + 1e-9);
  const last = Math.ceil(Math.log10(most) - 1e-9);
  const factors = last - first <= 2 ? [1, 2, 5] : [1];
  const steps: number[] = [];
  for (let power = first; power <= last; power++) {
    for (const factor of factors) steps.push(Number((factor * 10 ** power).toPrecision(12)));
  }
  const from = steps.findLastIndex((step) => step <= least * (1 + 1e-9));
  const to = steps.findIndex((step) => step >= most * (1 - 1e-9));
  return steps.slice(Math.max(0, from), to === -1 ? undefined : to + 1);
}
