// The tasks that can be evaluated: each asks the service about pictures of which the truth is known, and makes a page of what it said.
import { isSameName } from '../../protocol/name-text.js';
import type { DetectedFace } from '../../protocol/payloads.js';
import type { HttpClient } from '../http-client.js';
import { isOfOneFile, withPicture } from '../pictures/with-picture.js';
import { embeddingValues } from '../results.js';
import { CommandError } from '../terminal/failure.js';
import { classReport, type ClassSample } from './classes.js';
import { pairReport, probeReport, type PairSample, type ProbeSample } from './faces.js';
import type { Outcome } from './figures.js';
import { labelledPairs, labelledPictures, type Labelled } from './labelled.js';
import { numberText, type Page } from './report.js';

export interface EvaluationFlags {
  readonly data: string;
  /** Of a classifier: name, `name@version` or alias. */
  readonly model?: string;
  /** Cosine from which two faces are one person's (verify). */
  readonly threshold: number;
  /** Label of strangers (identify). */
  readonly strangers: string;
}

export interface Evaluation {
  readonly outcome: Outcome;
  readonly page: Omit<Page, 'title' | 'broken' | 'figures'>;
  /** Pictures that the service could not be asked about, and why. */
  readonly failed: readonly string[];
}

export type Evaluate = (
  http: HttpClient,
  flags: EvaluationFlags,
  progress: (done: number, of: number) => void,
) => Promise<Evaluation>;

/** The service works on them in batches; more would only wait there. */
const AT_ONCE = 4;

export const classify: Evaluate = async (http, { data, model }, progress) => {
  let answered = '';
  const { told, failed } = await asked(await labelledPictures(data), progress, async ({ file, label }): Promise<ClassSample> => {
    const query = { top_n: 5, ...(model === undefined ? {} : { model }) };
    const answer = await withPicture(file, (image) => http.classify(image, query));
    answered = answer.model;
    return { file, truth: label, told: answer.classes, accepted: answer.accepted };
  });
  const report = classReport(told);
  const wrong = told.filter(({ truth, told: [best] }) => best?.label !== truth);
  const mistakes = wrong.map(({ file, truth, told: [best] }) => ({
    files: [file],
    truth,
    told: best?.label ?? 'nothing',
    score: best?.score ?? 0,
  }));
  const { figures, scores, told: shares, rows, confusions } = report;
  return {
    outcome: { task: 'classify', model: answered, at: Date.now(), figures, scores, told: shares },
    page: {
      tables: [
        {
          title: 'Classes',
          head: ['label', 'pictures', 'recall', 'precision'],
          rows: rows.map(({ label, pictures, recall, precision }) => [
            label,
            String(pictures),
            numberText(recall),
            numberText(precision),
          ]),
        },
        {
          title: 'Taken for another',
          head: ['is', 'told', 'pictures'],
          rows: confusions.map(({ truth, told: label, count }) => [truth, label, String(count)]),
        },
      ],
      mistakes: mistakes.sort((a, b) => b.score - a.score),
    },
    failed,
  };
};

export const verify: Evaluate = async (http, { data, threshold }, progress) => {
  const pairs = await labelledPairs(data);
  const files = [...new Set(pairs.flatMap((pair) => pair.files))];
  let answered = '';
  const faces = new Map<string, Float32Array>();
  const { failed } = await asked(files, progress, async (file) => {
    const answer = await withPicture(file, (image) => http.embed(image));
    answered = answer.model;
    const largest = largestOf(answer.faces);
    if (largest === undefined) throw new CommandError('no face was found in it');
    faces.set(file, embeddingValues(largest));
  });
  const samples = pairs.flatMap(({ files: [one, other], isSame }): PairSample[] => {
    const [a, b] = [faces.get(one), faces.get(other)];
    return a === undefined || b === undefined ? [] : [{ files: [one, other], isSame, similarity: cosine(a, b) }];
  });
  const { figures, scores } = pairReport(samples, threshold);
  const wrong = samples.filter(({ isSame, similarity }) => isSame !== similarity >= threshold);
  return {
    outcome: { task: 'verify', model: answered, at: Date.now(), figures, scores, told: {} },
    page: {
      tables: [],
      mistakes: wrong
        .sort((a, b) => Math.abs(b.similarity - threshold) - Math.abs(a.similarity - threshold))
        .map(({ files: both, isSame, similarity }) => ({
          files: both,
          truth: isSame ? 'one person' : 'two people',
          told: isSame ? 'two people' : 'one person',
          score: similarity,
        })),
    },
    failed,
  };
};

export const identify: Evaluate = async (http, { data, strangers }, progress) => {
  let answered = '';
  const { told, failed } = await asked(await labelledPictures(data), progress, async ({ file, label }): Promise<ProbeSample> => {
    const answer = await withPicture(file, (image) => http.identify(image));
    answered = answer.model;
    const largest = largestOf(answer.faces);
    return {
      file,
      truth: label === strangers ? null : label,
      told: nameFor(largest?.person?.name ?? null, label),
      similarity: largest?.person?.similarity ?? largest?.candidates?.[0]?.similarity ?? null,
    };
  });
  const { figures, scores } = probeReport(told);
  const wrong = told.filter((sample) => sample.told !== sample.truth);
  return {
    outcome: { task: 'identify', model: answered, at: Date.now(), figures, scores, told: {} },
    page: {
      tables: [],
      mistakes: wrong
        // Somebody called by a name that is not theirs is worse than somebody who was missed.
        .sort((a, b) => Number(b.told !== null) - Number(a.told !== null) || (b.similarity ?? -1) - (a.similarity ?? -1))
        .map(({ file, truth, told: name, similarity }) => ({
          files: [file],
          truth: truth ?? 'a stranger',
          told: name ?? 'nobody',
          score: similarity ?? 0,
        })),
    },
    failed,
  };
};

/** A few at a time, told in their order; one that the service refuses is told and left out. */
async function asked<T extends string | Labelled, R>(
  items: readonly T[],
  progress: (done: number, of: number) => void,
  ask: (item: T) => Promise<R>,
): Promise<{ readonly told: readonly R[]; readonly failed: readonly string[] }> {
  const answers: { readonly answer?: R; readonly failure?: string }[] = [];
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      try {
        answers[at] = { answer: await ask(items[at] as T) };
      } catch (error) {
        if (!isOfOneFile(error)) throw error;
        answers[at] = { failure: `${fileOf(items[at] as T)}: ${error.message}` };
      }
      progress(++done, items.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return {
    told: answers.flatMap(({ answer }) => (answer === undefined ? [] : [answer])),
    failed: answers.flatMap(({ failure }) => failure ?? []),
  };
}

/** A name is the label that it is the same as, however its characters are put together. */
const nameFor = (name: string | null, label: string): string | null => (name !== null && isSameName(name, label) ? label : name);

const fileOf = (item: string | Labelled): string => (typeof item === 'string' ? item : item.file);

function largestOf<T extends Pick<DetectedFace, 'box'>>(faces: readonly T[]): T | undefined {
  return [...faces].sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3])[0];
}

/** Of two of the length 1. */
function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}
