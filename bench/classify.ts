// `npm run bench:classify -- <folder>`: a classifier in a folder, as the service runs it and as the least that the same work costs: streams
// that are classified, a thousand requests ten at a time to `/classify` of `--compat classification`, and another version put in use while streams
// run at full rate. Service and bare loop have their turns one after the other, so that what a neighbour takes falls on both.
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument } from 'commander';
import { OnlookerClient } from '../clients/client.js';
import { BareClassify, type BareClassifyFigures } from './classify/bare-classify.js';
import { numberedImage } from './http/numbered-image.js';
import { sendAll } from './http/send-all.js';
import { figuresOf, type LoadFigures } from './load/load-figures.js';
import { LoadGenerator } from './load/load-generator.js';
import { Material } from './material/material.js';
import { loadReels } from './material/reel.js';
import { benchCommand, wholeNumber, withMaterial, type CommonOptions, type MaterialOptions } from './options.js';
import { figure, note, printTable, writeResult } from './report.js';
import { median, summaryOf } from './statistics.js';
import { launchService, startService, until, type RunningService } from '../test/server/support/service.js';

interface Options extends CommonOptions, MaterialOptions {
  readonly streams: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly requests: number;
}

const WARMUP_MS = 1500;
const CONCURRENCY = 10;
const WARMUP_REQUESTS = 50;
const SWAPS = 6;
const SWAP_EVERY_MS = 1500;
const BOUNDARY = 'a-boundary-of-the-benchmark';

const command = withMaterial(benchCommand('classify', 'a classifier, by the service and by a bare loop'))
  .addArgument(new Argument('<folder>', 'the folder of a version: model.onnx, classes.txt, …'))
  .option('--streams <count>', 'streams at once', wholeNumber(1, 64), 4)
  .option('--rounds <count>', 'how often each has its turn', wholeNumber(1, 50), 5)
  .option('--seconds <count>', 'length of a turn', wholeNumber(1, 120), 6)
  .option('--requests <count>', 'over HTTP, each round', wholeNumber(1, 100_000), 1000)
  .parse();
const options = command.opts<Options>();
const [modelFolder = ''] = command.args;

const material = await Material.make({ ...options, scene: options.scene ?? 'stills' });
const images = (await loadReels(material.folder)).flatMap(({ frames }) => frames);
const root = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
for (const version of ['1', '2']) {
  await mkdir(join(root, 'bench'), { recursive: true });
  await cp(modelFolder, join(root, 'bench', version), { recursive: true });
}
const settings = { ONLOOKER_MODEL_DIR: root, ONLOOKER_CACHE_MB: '0', ONLOOKER_TUNE_AT_START: 'true', ONLOOKER_MODEL_POLL_S: '0' };
const bare = new BareClassify(material.folder, modelFolder);
const generator = new LoadGenerator();
try {
  const turns: { readonly bare: BareClassifyFigures; readonly streams: LoadFigures; readonly http: HttpFigures }[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    note(`round ${round} of ${options.rounds}`);
    const bareFigures = await bare.measure({ warmupMs: WARMUP_MS, measureMs: options.seconds * 1000 });
    turns.push({ bare: bareFigures, streams: await ofStreams(), http: await ofRequests() });
  }
  await report(turns, await ofSwaps());
} finally {
  await Promise.all([bare.close(), generator.close(), material.close()]);
  await rm(root, { recursive: true });
}

async function ofStreams(): Promise<LoadFigures> {
  const service = await startService(settings);
  try {
    const measured = await generator.measure({
      target: service,
      folder: material.folder,
      rates: Array.from({ length: options.streams }, () => null),
      fields: { task: 'classify', tracking: 'false' },
      warmupMs: WARMUP_MS,
      measureMs: options.seconds * 1000,
    });
    return figuresOf(measured);
  } finally {
    await service.stop();
  }
}

interface HttpFigures {
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly latencyMs: ReturnType<typeof summaryOf>;
}

/** As the clients of the service that this one stands in for ask: a form with the picture. */
async function ofRequests(): Promise<HttpFigures> {
  const service = await launchService({ ...settings, INFERENCE_MODEL: modelFolder }, ['--compat', 'classification']);
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  try {
    await until(async () => ((await fetch(`${service.url}/ready`)).ok ? true : undefined));
    let sent = 0;
    const next = () => formOf(numberedImage(images[sent % images.length] ?? Buffer.of(), sent++));
    const sending = { address: new URL('/classify', service.url), agent, concurrency: CONCURRENCY, next };
    await sendAll({ ...sending, count: WARMUP_REQUESTS });
    const startMs = performance.now();
    const outcomes = await sendAll({ ...sending, count: options.requests });
    const seconds = (performance.now() - startMs) / 1000;
    const answered = outcomes.filter(({ status }) => status === 200);
    return {
      requestsPerSecond: answered.length / seconds,
      failed: outcomes.length - answered.length,
      latencyMs: summaryOf(answered.map(({ latencyMs }) => latencyMs)),
    };
  } finally {
    agent.destroy();
    await service.stop();
  }
}

function formOf(image: Buffer) {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="blob"; filename="x.jpg"\r\ncontent-type: image/jpeg\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), image, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
  return { headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }, body };
}

interface SwapFigures {
  readonly frames: number;
  readonly lost: number;
  /** Between two answers of one stream, ms, while nothing was swapped and in all. */
  readonly usualGapMs: number;
  readonly longestGapMs: number;
}

/** Four streams as fast as they are answered, while one version after the other is put in use. */
async function ofSwaps(): Promise<SwapFigures> {
  const service: RunningService = await startService(settings);
  try {
    let isOn = true;
    const watched = await Promise.all(
      Array.from({ length: options.streams }, (_, place) => watchedStream(service, place, () => isOn)),
    );
    for (let swap = 0; swap < SWAPS; swap++) {
      await new Promise((resolve) => setTimeout(resolve, SWAP_EVERY_MS));
      const answer = await fetch(`${service.url}/v1/models/bench/use`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version: swap % 2 === 0 ? '1' : '2' }),
      });
      if (!answer.ok) throw new Error(await answer.text());
    }
    isOn = false;
    const streams = await Promise.all(watched.map(({ done }) => done));
    const gaps = streams.flatMap(({ gapsMs }) => gapsMs);
    return {
      frames: streams.reduce((sum, { frames }) => sum + frames, 0),
      lost: streams.reduce((sum, { lost }) => sum + lost, 0),
      usualGapMs: median(gaps),
      longestGapMs: Math.max(...gaps),
    };
  } finally {
    await service.stop();
  }
}

interface Watched {
  readonly done: Promise<{ readonly frames: number; readonly lost: number; readonly gapsMs: readonly number[] }>;
}

async function watchedStream(service: RunningService, place: number, isOn: () => boolean): Promise<Watched> {
  const client = await OnlookerClient.connect(service.url);
  const stream = await client.open({ stream: `swap-${place}`, task: 'classify', tracking: false });
  const feed = async () => {
    const gapsMs: number[] = [];
    let [frames, lost, lastMs] = [0, 0, performance.now()];
    for (let sent = place; isOn(); sent++) {
      const { status } = await stream.send(images[sent % images.length] ?? Buffer.of());
      const nowMs = performance.now();
      if (frames > 0) gapsMs.push(nowMs - lastMs);
      lastMs = nowMs;
      frames++;
      if (status !== 'ok') lost++;
    }
    await client.close();
    return { frames, lost, gapsMs };
  };
  return { done: feed() };
}

async function report(
  turns: readonly { readonly bare: BareClassifyFigures; readonly streams: LoadFigures; readonly http: HttpFigures }[],
  swaps: SwapFigures,
): Promise<void> {
  const of = (read: (turn: (typeof turns)[number]) => number) => median(turns.map(read));
  const figures = {
    bare: { imagesPerSecond: of(({ bare }) => bare.imagesPerSecond), cpuMsPerImage: of(({ bare }) => bare.cpuMsPerImage) },
    streams: {
      imagesPerSecond: of(({ streams }) => streams.framesPerSecond),
      cpuMsPerImage: of(({ streams }) => streams.cpuMsPerFrame),
      ofBareCpu: of(({ bare, streams }) => streams.cpuMsPerFrame / bare.cpuMsPerImage),
    },
    http: {
      requestsPerSecond: of(({ http }) => http.requestsPerSecond),
      failed: turns.reduce((sum, { http }) => sum + http.failed, 0),
      ofBareRate: of(({ bare, http }) => http.requestsPerSecond / bare.imagesPerSecond),
      p99Ms: of(({ http }) => http.latencyMs.p99),
    },
    swaps,
  };
  printTable(
    `Medians of ${turns.length} turns of ${options.seconds} s`,
    ['', 'images/s', 'CPU-ms an image', 'of the bare loop'],
    [
      ['bare loop', figure(figures.bare.imagesPerSecond), figure(figures.bare.cpuMsPerImage), ''],
      [
        `${options.streams} streams`,
        figure(figures.streams.imagesPerSecond),
        figure(figures.streams.cpuMsPerImage),
        `${figure(figures.streams.ofBareCpu)} CPU`,
      ],
      ['POST /classify', figure(figures.http.requestsPerSecond), '', `${figure(figures.http.ofBareRate)} rate`],
    ],
  );
  note(
    `${SWAPS} swaps under ${options.streams} streams: ${swaps.lost} of ${swaps.frames} frames lost, a frame takes ${figure(swaps.usualGapMs)} ms as a rule and ${figure(swaps.longestGapMs)} ms at most`,
  );
  await writeResult(options.name, { ...options, model: modelFolder.split('/').slice(-2).join('/') }, { figures, turns });
}
