// `npm run bench:stages`: what the whole service costs a frame, socket and all, against the bare loop of the same stages, in
// turns on the same machine; with every face embedded, and with faces followed. Their ratio is the pipeline's efficiency.
import { InvalidArgumentError } from 'commander';
import { BareLoop, type WorkersTried } from './bare-loop/bare-loop.js';
import type { BareLoopWork } from './bare-loop/bare-loop-protocol.js';
import { barChart } from './chart/chart.js';
import { figuresOf, generatorText } from './load/load-figures.js';
import { LoadGenerator } from './load/load-generator.js';
import { trust } from './machine.js';
import { knowThePeople } from './material/known-people.js';
import { Material } from './material/material.js';
import {
  benchCommand,
  wholeNumber,
  withLoad,
  withQuick,
  withTarget,
  type LoadOptions,
  type QuickOptions,
  type TargetOptions,
} from './options.js';
import { figure, note, print, printForDocs, printTable, writeChart, writeResult } from './report.js';
import { serviceUnderTest } from './stage.js';
import { resultOf, type Pair } from './stages/paired-result.js';

interface Options extends LoadOptions, TargetOptions, QuickOptions {
  readonly repeats?: number;
  readonly seconds?: number;
  readonly workers?: number;
  readonly tracking?: 'on' | 'off';
  readonly detectEvery: number;
}
interface Part {
  readonly title: string;
  readonly isTracking: boolean;
  readonly work: BareLoopWork;
}

const TARGETS = { cpuRatio: 1.12, framesRatio: 0.85 } as const;
const WARMUP_MS = 2000;
/** The engine compiles what is called often, on threads of its own, for some twenty seconds: a service runs for months. */
const BURN_IN_MS = 20_000;
const TRIAL_MS = 1500;

const command = withQuick(withTarget(withLoad(benchCommand('stages', 'the service end to end, beside the bare loop'), 4)));
const options = command
  .option('--repeats <count>', 'pairs of measurements (default: 5, quick: 2)', wholeNumber(1, 100))
  .option('--seconds <count>', 'length of each (default: 8, quick: 4)', wholeNumber(1, 600))
  .option('--workers <count>', 'threads of the bare loop (default: measured; quick: one a core)', wholeNumber(1, 256))
  .option('--tracking <on|off>', 'only with faces followed, or only with every face embedded (default: both)', onOrOff)
  .option(
    '--detect-every <frames>',
    'the bare loop looks for faces in one frame of so many, where it follows',
    wholeNumber(1, 25),
    1,
  )
  .parse()
  .opts<Options>();

const repeats = options.repeats ?? (options.quick ? 2 : 5);
const seconds = options.seconds ?? (options.quick ? 4 : 8);
const parts: readonly Part[] = [
  { title: 'every face embedded', isTracking: false, work: { kind: 'every-face' } as const },
  { title: 'faces followed', isTracking: true, work: { kind: 'tracking', detectEvery: options.detectEvery } as const },
].filter(({ isTracking }) => options.tracking === undefined || isTracking === (options.tracking === 'on'));

const service = await serviceUnderTest(options);
const generator = new LoadGenerator();
try {
  const results = [];
  for (const part of parts) results.push(await measurePart(part));
  await report(results);
} finally {
  await generator.close();
  await service.close();
}

async function measurePart(part: Part) {
  note(`part: ${part.title}`);
  const material = await Material.make({ ...options, scene: options.scene ?? (part.isTracking ? 'film' : 'stills') });
  const bareLoop = new BareLoop(material.folder, options.people);
  try {
    if (material.isFilm && options.url === undefined) await knowThePeople(service.url, material.folder);
    const { workers, tried } = await bareLoopWorkers(bareLoop, part.work);
    const rates = Array.from({ length: options.streams }, () => null);
    const fields = { tracking: String(part.isTracking), ...options.field };
    const load = { target: service, folder: material.folder, rates, fields };
    if (!options.quick) {
      note('running the service in');
      await generator.measure({ ...load, warmupMs: BURN_IN_MS, measureMs: WARMUP_MS });
    }
    const pairs: Pair[] = [];
    for (let repeat = 1; repeat <= repeats; repeat++) {
      note(`pair ${repeat} of ${repeats}`);
      const measured = await generator.measure({ ...load, warmupMs: WARMUP_MS, measureMs: seconds * 1000 });
      pairs.push({
        service: figuresOf(measured),
        bareLoop: await bareLoop.measure(part.work, workers, seconds * 1000),
        detectLoop: part.isTracking ? await bareLoop.measure({ kind: 'detect' }, workers, seconds * 1000) : null,
      });
    }
    return { ...part, ...resultOf(pairs), workers, tried, frames: material.frames, meanBytes: material.meanBytes };
  } finally {
    await bareLoop.close();
    await material.close();
  }
}

async function bareLoopWorkers(
  bareLoop: BareLoop,
  work: BareLoopWork,
): Promise<{ workers: number; tried: readonly WorkersTried[] }> {
  if (options.workers !== undefined) return { workers: options.workers, tried: [] };
  if (options.quick) return { workers: BareLoop.oneForEachCore, tried: [] };
  note('trying how many threads the bare loop runs best with');
  const { best, tried } = await bareLoop.bestWorkers(work, TRIAL_MS);
  return { workers: best, tried };
}

type Result = Awaited<ReturnType<typeof measurePart>>;

async function report(results: readonly Result[]): Promise<void> {
  print(`models on ${service.provider}; the bare loop on cpu`);
  for (const result of results) printResult(result);
  printForDocs(
    ['', 'CPU-ms a frame: service', 'bare loop', 'ratio', 'frames/s: service', 'bare loop', 'ratio', 'p50 / p99 ms'],
    results.map(({ title, service: whole, bareLoop: bare, cpuRatio, framesRatio }) => [
      title,
      figure(whole.cpuMsPerFrame),
      figure(bare.cpuMsPerFrame),
      `**${figure(cpuRatio)}**`,
      figure(whole.framesPerSecond, 0),
      figure(bare.framesPerSecond, 0),
      `**${figure(framesRatio)}**`,
      `${figure(whole.p50Ms, 0)} / ${figure(whole.p99Ms, 0)}`,
    ]),
  );
  await writeChart(
    options.name,
    barChart({
      title: 'CPU-ms a frame: the whole service, and the bare loop of its stages',
      yLabel: 'CPU-ms a frame',
      groups: results.map(({ title }) => title),
      series: [
        { name: 'service', values: results.map((result) => result.service.cpuMsPerFrame) },
        { name: 'bare loop', values: results.map((result) => result.bareLoop.cpuMsPerFrame) },
        { name: 'decoding and detecting alone', values: results.map((result) => result.detectLoop?.cpuMsPerFrame ?? NaN) },
      ],
    }),
  );
  for (const { isTracking, title, stages } of results) {
    const groups = stages.filter(({ name }) => name !== 'total');
    await writeChart(
      `${options.name}-${isTracking ? 'tracking' : 'every-face'}`,
      barChart({
        title: `Wall time of a stage, ${title}`,
        yLabel: 'ms a frame (median)',
        groups: groups.map(({ name }) => name),
        series: [
          { name: 'service', values: groups.map(({ serviceMs }) => serviceMs) },
          { name: 'bare loop', values: groups.map(({ bareLoopMs }) => bareLoopMs ?? NaN) },
        ],
      }),
    );
  }
  await writeResult(options.name, options, { provider: service.provider, targets: TARGETS, repeats, seconds, parts: results });
}

function printResult({
  title,
  frames,
  meanBytes,
  workers,
  tried,
  pairs,
  stages,
  service: whole,
  detectLoop,
  cpuRatio,
  framesRatio,
}: Result): void {
  print(
    `\n${title}: ${frames} frames of ${figure(meanBytes / 1024)} KiB, ${figure(whole.facesPerFrame)} faces in each, ` +
      `${figure(whole.namedFrames * 100, 0)} % of the frames with a name`,
  );
  if (tried.length > 0) {
    const rows = tried.map((trial) => [String(trial.workers), figure(trial.framesPerSecond)]);
    printTable('The bare loop by threads', ['threads', 'frames/s'], rows);
  }
  printTable(
    `CPU-ms a frame in pairs: the service with ${options.streams} streams, the bare loop with ${workers} threads`,
    ['pair', 'service', 'bare loop', 'ratio', 'frames/s', 'bare', 'ratio', 'service quiet?', 'bare quiet?'],
    pairs.map(({ service: one, bareLoop: bare }, index) => [
      String(index + 1),
      figure(one.cpuMsPerFrame),
      figure(bare.cpuMsPerFrame),
      figure(one.cpuMsPerFrame / bare.cpuMsPerFrame, 3),
      figure(one.framesPerSecond),
      figure(bare.framesPerSecond),
      figure(one.framesPerSecond / bare.framesPerSecond, 3),
      trust(one.share),
      trust(bare.share),
    ]),
  );
  printTable(
    'Wall time of a stage, ms a frame',
    ['stage', 'service median', 'p95', 'bare loop median'],
    stages.map(({ name, serviceMs, serviceP95Ms, bareLoopMs }) => [
      name,
      figure(serviceMs),
      figure(serviceP95Ms),
      figure(bareLoopMs),
    ]),
  );
  const [first] = pairs;
  if (first !== undefined) print(generatorText(first.service));
  print(
    `the service costs ${figure(cpuRatio, 3)} times the bare loop (target: at most ${TARGETS.cpuRatio}) ` +
      `at ${figure(framesRatio, 3)} of its frames a second (target: at least ${TARGETS.framesRatio})`,
  );
  if (detectLoop === null) return;
  print(
    `a loop that decodes and detects and does no more: ${figure(detectLoop.cpuMsPerFrame)} CPU-ms a frame, ` +
      `${figure(detectLoop.framesPerSecond)} frames/s`,
  );
}

function onOrOff(text: string): 'on' | 'off' {
  if (text === 'on' || text === 'off') return text;
  throw new InvalidArgumentError('It must be on or off.');
}
