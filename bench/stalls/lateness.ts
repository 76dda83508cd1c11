// What the probe in the service has noted, by the time in which it was.
import { readFile } from 'node:fs/promises';

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}
export interface Lateness {
  /** The latest that the main thread came to a timer, ms. */
  readonly worstMs: number;
  /** The same without what it stood ready and had no processor. */
  readonly worstOwnMs: number;
  /** How often it was more than 20 ms late, and how often by its own doing. */
  readonly over20: number;
  readonly ownOver20: number;
  readonly worstGcMs: number;
}

export const MOST_MS = 20;

export async function latenessIn(file: string, { fromMs, untilMs }: Span): Promise<Lateness> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.split(' '));
  const within = (kind: string): (readonly number[])[] =>
    lines
      .filter(([name, at]) => name === kind && Number(at) >= fromMs && Number(at) <= untilMs)
      .map(([, , ...figures]) => figures.map(Number));
  const late = within('late').map(([lateMs = 0, waitedMs = 0]) => ({ lateMs, ownMs: lateMs - waitedMs }));
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    worstMs: most(late.map(({ lateMs }) => lateMs)),
    worstOwnMs: most(late.map(({ ownMs }) => ownMs)),
    over20: late.filter(({ lateMs }) => lateMs > MOST_MS).length,
    ownOver20: late.filter(({ ownMs }) => ownMs > MOST_MS).length,
    worstGcMs: most(within('gc').map(([ms = 0]) => ms)),
  };
}
