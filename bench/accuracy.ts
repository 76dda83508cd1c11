// `npm run bench:accuracy -- PAIRS.csv`: how well the whole running service tells people apart. Every photograph goes
// over HTTP as a user's would, and its largest face counts. Names of files appear in the result, never faces.
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { OnlookerClient, embeddingValues } from '../clients/client.js';
import { createHttpClient, type HttpClient } from '../clients/http-client.js';
import { videoFrames } from '../clients/video/video-frames.js';
import { startService } from '../test/server/support/service.js';
import { InvalidArgumentError } from 'commander';
import { benchCommand, type CommonOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { areaUnderCurve, bestThreshold, rangeOf, type ScoredPair } from './verification.js';

interface Expected {
  readonly file: string;
  readonly faces: number;
}
interface Options extends CommonOptions {
  readonly url?: string;
  readonly expect: readonly Expected[];
}
interface Pair {
  readonly x: string;
  readonly y: string;
  readonly isSame: boolean;
}
/** A picture, or frame of a video, in which another number of faces was found than there are. */
interface Surprise {
  readonly file: string;
  /** Place in the video, or 0. */
  readonly frame: number;
  readonly expected: number;
  readonly found: readonly { readonly box: readonly number[]; readonly score: number }[];
}

const IMAGE_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp']);

const command = benchCommand('accuracy', 'how well the running service tells people apart')
  .argument('<pairs>', 'CSV with the columns file_x,file_y,Decision (Yes: the same person); the images lie beside it')
  .option('--url <address>', 'a service that runs already (default: one is started)')
  .option(
    '--expect <FILE=N>',
    'an image, or a video in each of whose frames, N faces must be found; may be repeated',
    expected,
    [],
  )
  .parse();
const options = command.opts<Options>();
const [pairsFile = ''] = command.args;

const own = options.url === undefined ? await startService() : null;
const url = options.url ?? own?.url ?? '';
try {
  const http = createHttpClient(url);
  const models = (await http.models()).map(({ id, sha256 }) => ({ id, sha256 }));
  const pairs = await readPairs(pairsFile);
  const { embeddings, withoutFace } = await embedAll(http, pairs, dirname(pairsFile));
  const verification = verify(pairs, embeddings);
  const surprises: Surprise[] = [];
  for (const check of options.expect) surprises.push(...(await surprisesIn(http, url, check)));

  const { same, different } = verification;
  printTable(
    `${pairs.length} pairs of ${embeddings.size + withoutFace.length} photographs, ${verification.pairs} of them with both faces found`,
    ['', 'pairs', 'mean', 'least', 'most'],
    [
      ['same person', String(same.count), figure(same.mean, 3), figure(same.least, 3), figure(same.most, 3)],
      [
        'different people',
        String(different.count),
        figure(different.mean, 3),
        figure(different.least, 3),
        figure(different.most, 3),
      ],
    ],
  );
  const { accuracy, threshold } = verification.best;
  print(`\nAUC ${figure(verification.auc, 4)}, best accuracy ${figure(accuracy * 100)} % at ${figure(threshold, 3)}`);
  print(`photographs without a face: ${withoutFace.length === 0 ? 'none' : withoutFace.join(', ')}`);
  for (const { file, faces } of options.expect) {
    const wrong = surprises.filter((surprise) => surprise.file === basename(file));
    print(
      `${basename(file)}, ${faces} faces expected: ${wrong.length === 0 ? 'as expected' : `${wrong.length} frames with others`}`,
    );
    for (const { frame, found } of wrong.slice(0, 20)) {
      print(
        `  frame ${frame}: ${found.length} (${found.map(({ score, box }) => `${figure(score, 3)} at ${box.join(' ')}`).join(', ')})`,
      );
    }
  }
  const expectations = options.expect.map(({ file, faces }) => ({ file: basename(file), faces }));
  await writeResult(
    options.name,
    { pairs: basename(pairsFile), expectations },
    { models, ...verification, withoutFace, surprises },
  );
  if (surprises.length > 0) process.exitCode = 1;
} finally {
  await own?.stop();
}

function expected(text: string, before: readonly Expected[]): Expected[] {
  const split = text.lastIndexOf('=');
  const faces = Number(text.slice(split + 1));
  if (split < 1 || !Number.isInteger(faces) || faces < 0) throw new InvalidArgumentError('It must be FILE=NUMBER.');
  return [...before, { file: text.slice(0, split), faces }];
}

async function readPairs(file: string): Promise<Pair[]> {
  const [head = '', ...lines] = (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line.trim() !== '');
  const columns = head.split(',').map((title) => title.trim());
  const at = (title: string): number => {
    const index = columns.indexOf(title);
    if (index < 0) throw new Error(`${file} has no column ${title}`);
    return index;
  };
  const [x, y, decision] = [at('file_x'), at('file_y'), at('Decision')];
  return lines.map((line) => {
    const cells = line.split(',').map((cell) => cell.trim());
    return { x: cells[x] ?? '', y: cells[y] ?? '', isSame: cells[decision]?.toLowerCase() === 'yes' };
  });
}

async function embedAll(
  http: HttpClient,
  pairs: readonly Pair[],
  folder: string,
): Promise<{ embeddings: ReadonlyMap<string, Float32Array>; withoutFace: string[] }> {
  const embeddings = new Map<string, Float32Array>();
  const withoutFace: string[] = [];
  const files = [...new Set(pairs.flatMap(({ x, y }) => [x, y]))];
  note(`sending ${files.length} photographs`);
  for (const file of files) {
    const { faces } = await http.embed(await readFile(join(folder, file)));
    const area = ({ box }: (typeof faces)[number]): number => box[2] * box[3];
    const [largest] = [...faces].sort((a, b) => area(b) - area(a));
    if (largest === undefined) withoutFace.push(file);
    else embeddings.set(file, embeddingValues(largest));
  }
  return { embeddings, withoutFace };
}

function verify(pairs: readonly Pair[], embeddings: ReadonlyMap<string, Float32Array>) {
  const scored: ScoredPair[] = pairs.flatMap(({ x, y, isSame }) => {
    const [a, b] = [embeddings.get(x), embeddings.get(y)];
    return a === undefined || b === undefined ? [] : [{ similarity: cosine(a, b), isSame }];
  });
  const of = (isSame: boolean) => rangeOf(scored.filter((pair) => pair.isSame === isSame).map(({ similarity }) => similarity));
  return { pairs: scored.length, auc: areaUnderCurve(scored), best: bestThreshold(scored), same: of(true), different: of(false) };
}

/** Embeddings come L2-normalised. */
function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

async function surprisesIn(http: HttpClient, address: string, { file, faces }: Expected): Promise<Surprise[]> {
  const name = basename(file);
  if (IMAGE_ENDINGS.has(extname(file).toLowerCase())) {
    const { faces: found } = await http.detect(await readFile(file));
    return found.length === faces ? [] : [{ file: name, frame: 0, expected: faces, found }];
  }
  note(`sending every frame of ${name}`);
  const client = await OnlookerClient.connect(address);
  try {
    const stream = await client.open({ stream: 'accuracy', task: 'detect' });
    const surprises: Surprise[] = [];
    for await (const { input, result, error } of stream.answers(videoFrames(file))) {
      if (result?.status !== 'ok') throw error ?? new Error(`frame ${input.index} of ${name} was not answered`);
      if (result.faces.length !== faces) {
        surprises.push({ file: name, frame: input.index, expected: faces, found: result.faces });
      }
    }
    return surprises;
  } finally {
    await client.close();
  }
}
