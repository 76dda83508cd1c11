// How well a classifier tells what pictures show.
import { calibrationError, histogram, share, type Figures } from './figures.js';

export interface ClassSample {
  readonly file: string;
  readonly truth: string;
  /** Best first; empty where the service told none. */
  readonly told: readonly { readonly label: string; readonly score: number }[];
  /** The best one, where the service is sure enough. */
  readonly accepted: string | null;
}

export interface ClassRow {
  readonly label: string;
  readonly pictures: number;
  readonly recall: number | null;
  readonly precision: number | null;
}

export interface ClassReport {
  readonly figures: Figures;
  readonly rows: readonly ClassRow[];
  /** What was taken for what, most often first. */
  readonly confusions: readonly { readonly truth: string; readonly told: string; readonly count: number }[];
  readonly scores: readonly number[];
  readonly told: Readonly<Record<string, number>>;
}

const best = ({ told }: ClassSample): string => told[0]?.label ?? '';
const isRight = (sample: ClassSample): boolean => best(sample) === sample.truth;

export function classReport(samples: readonly ClassSample[]): ClassReport {
  const labels = [...new Set(samples.flatMap((sample) => [sample.truth, best(sample)]))].filter((label) => label !== '').sort();
  const rows = labels.map((label): ClassRow => {
    const shown = samples.filter(({ truth }) => truth === label);
    const told = samples.filter((sample) => best(sample) === label);
    return {
      label,
      pictures: shown.length,
      recall: share(shown.filter(isRight).length, shown.length),
      precision: share(told.filter(isRight).length, told.length),
    };
  });
  const accepted = samples.filter((sample) => sample.accepted !== null);
  const recalls = rows.flatMap(({ recall }) => recall ?? []);
  const scored = samples.map((sample) => ({ score: sample.told[0]?.score ?? 0, isRight: isRight(sample) }));
  return {
    figures: {
      pictures: samples.length,
      accuracy: share(samples.filter(isRight).length, samples.length),
      top5: share(
        samples.filter(({ truth, told }) => told.slice(0, 5).some(({ label }) => label === truth)).length,
        samples.length,
      ),
      mean_recall: share(
        recalls.reduce((sum, recall) => sum + recall, 0),
        recalls.length,
      ),
      accepted: share(accepted.length, samples.length),
      accepted_accuracy: share(accepted.filter((sample) => sample.accepted === sample.truth).length, accepted.length),
      calibration_error: calibrationError(scored),
    },
    rows,
    confusions: confusionsOf(samples),
    scores: histogram(
      scored.map(({ score }) => score),
      0,
      1,
    ),
    told: Object.fromEntries(
      labels.map((label) => [label, samples.filter((one) => best(one) === label).length / samples.length]),
    ),
  };
}

function confusionsOf(samples: readonly ClassSample[]): ClassReport['confusions'] {
  const counts = new Map<string, { truth: string; told: string; count: number }>();
  for (const sample of samples.filter((one) => !isRight(one))) {
    const key = JSON.stringify([sample.truth, best(sample)]);
    const known = counts.get(key) ?? { truth: sample.truth, told: best(sample), count: 0 };
    known.count++;
    counts.set(key, known);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
