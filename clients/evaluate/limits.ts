// Limits of figures, as `--limit accuracy>=0.9` says them: what makes an evaluation fail.
import type { Figures } from './figures.js';

export interface Limit {
  readonly figure: string;
  readonly isLeast: boolean;
  readonly value: number;
}

/** Undefined for what is none. */
export function limitOf(text: string): Limit | undefined {
  const [, figure = '', sign = '', number = ''] = /^([a-z0-9_]+)\s*(>=|<=)\s*(-?\d+(?:\.\d+)?)$/.exec(text.trim()) ?? [];
  return figure === '' ? undefined : { figure, isLeast: sign === '>=', value: Number(number) };
}

/** Those that are not kept; one whose figure is not there, or cannot be told, is not kept either. */
export function broken(limits: readonly Limit[], figures: Figures): readonly string[] {
  return limits.flatMap(({ figure, isLeast, value }) => {
    const found = figures[figure];
    const said = `${figure} ${isLeast ? '>=' : '<='} ${value}`;
    if (found === undefined) return [`${said}: there is no such figure, only ${Object.keys(figures).join(', ')}`];
    if (found === null) return [`${said}: it cannot be told of so few`];
    return (isLeast ? found >= value : found <= value) ? [] : [`${said}: it is ${Number(found.toFixed(4))}`];
  });
}
