// How many streams of a fixed rate a service sustains: doubled until it is too many, then halved in between. A trial that
// fails while others use the machine is made once more; every one is in the table.
import { note } from '../report.js';
import { figuresOf, type LoadFigures } from './load-figures.js';
import type { LoadGenerator, LoadSettings } from './load-generator.js';

export interface Trial {
  readonly streams: number;
  readonly figures: LoadFigures;
  readonly isSustained: boolean;
}
export interface Found {
  /** The most that were sustained; 0 when not even one was. */
  readonly sustained: number;
  /** By number of streams. */
  readonly trials: readonly Trial[];
}

export interface FindSettings {
  readonly generator: Pick<LoadGenerator, 'measure'>;
  readonly common: Omit<LoadSettings, 'rates'>;
  readonly fps: number;
  readonly p95Ms: number;
  /** With how many to begin. */
  readonly first: number;
}

const MOST_STREAMS = 512;

export async function findStreams({ generator, common, fps, p95Ms, first }: FindSettings): Promise<Found> {
  const trials: Trial[] = [];
  const tryWith = async (streams: number): Promise<Trial> => {
    note(`${streams} streams of ${fps} frames a second`);
    const measured = await generator.measure({ ...common, rates: Array.from({ length: streams }, () => fps) });
    const figures = figuresOf(measured);
    const isSustained = figures.latencyMs.p95 < p95Ms && Object.keys(figures.lost).length === 0 && figures.accounts.agree;
    const trial = { streams, figures, isSustained };
    trials.push(trial);
    return trial;
  };
  const sustained = await mostThat(first, MOST_STREAMS, async (streams) => {
    const { isSustained, figures } = await tryWith(streams);
    if (isSustained || figures.share?.isTrustworthy !== false) return isSustained;
    note('others used the machine meanwhile: once more');
    return (await tryWith(streams)).isSustained;
  });
  return { sustained, trials: trials.sort((a, b) => a.streams - b.streams) };
}

/**
 * The largest number that holds, where everything below a number that holds does too.
 * @param first tried first; then doubled or halved until one holds and one does not
 * @returns 0 when 1 does not hold
 */
export async function mostThat(first: number, most: number, holds: (count: number) => Promise<boolean>): Promise<number> {
  let holding = 0;
  let failing = most + 1;
  for (let next = Math.min(first, most); failing - holding > 1;) {
    if (await holds(next)) holding = next;
    else failing = next;
    if (failing > most) next = Math.min(most, holding * 2);
    else next = Math.floor((holding + failing) / 2);
  }
  return holding;
}
