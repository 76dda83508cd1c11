// `npm run bench`: what the whole service costs a frame, socket and all, against the bare loop of the same stages, in
// turns on the same machine. The ratio of their processor time a frame is the pipeline's efficiency.
import { BareLoop, type MeasuredBareLoop, type WorkersTried } from './bare-loop/bare-loop.js';
import { LoadGenerator, type MeasuredLoad } from './load/load-generator.js';
import { trust } from './machine.js';
import { Material } from './material/material.js';
import { benchCommand, EVERY_FACE, wholeNumber, withLoad, type LoadOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { mean, median, summaryOf } from './statistics.js';

interface Options extends LoadOptions {
  readonly repeats: number;
  readonly seconds: number;
  readonly workers?: number;
}
interface Pair {
  readonly service: MeasuredLoad;
  readonly bareLoop: MeasuredBareLoop;
}

const TARGET_RATIO = 1.25;
const WARMUP_MS = 2000;
const TRIAL_MS = 2000;
const STAGES = ['decode', 'preprocess', 'queue', 'infer', 'match', 'total'] as const;

const options = withLoad(benchCommand('efficiency', 'the service end to end, beside the bare loop of its stages'))
  .option('--repeats <count>', 'pairs of measurements', wholeNumber(1, 100), 5)
  .option('--seconds <count>', 'length of each', wholeNumber(1, 600), 8)
  .option('--workers <count>', 'threads of the bare loop (default: measured)', wholeNumber(1, 256))
  .parse()
  .opts<Options>();

const material = await Material.make(options);
const stage = await Stage.set(options.people);
const { folder, frames, meanBytes } = material;
const bareLoop = new BareLoop(folder, options.people);
const generator = new LoadGenerator();
try {
  const { workers, tried } = await bareLoopWorkers();
  const service = await stage.start({ ...EVERY_FACE, ...options.set });
  const pairs: Pair[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat++) {
    note(`pair ${repeat} of ${options.repeats}`);
    pairs.push({
      service: await generator.measure({
        url: service.url,
        folder,
        streams: options.streams,
        loop: { kind: 'closed' },
        warmupMs: WARMUP_MS,
        measureMs: options.seconds * 1000,
      }),
      bareLoop: await bareLoop.measure(workers, options.seconds * 1000),
    });
  }
  await report(pairs, workers, tried);
} finally {
  await Promise.all([generator.close(), bareLoop.close()]);
  await Promise.all([stage.close(), material.close()]);
}

async function bareLoopWorkers(): Promise<{ workers: number; tried: readonly WorkersTried[] }> {
  if (options.workers !== undefined) return { workers: options.workers, tried: [] };
  note('trying how many threads the bare loop runs best with');
  const { best, tried } = await bareLoop.bestWorkers(TRIAL_MS);
  return { workers: best, tried };
}

async function report(pairs: readonly Pair[], workers: number, tried: readonly WorkersTried[]): Promise<void> {
  const ratios = pairs.map(({ service, bareLoop: bare }) => service.cpuMsPerFrame / bare.cpuMsPerFrame);
  const answered = pairs.flatMap(({ service }) => service.report.answered);
  const bareStages = pairs.flatMap(({ bareLoop: bare }) => bare.stages);
  const facesPerFrame = mean(answered.map(({ faces }) => faces));

  print(`frames: ${frames}, ${figure(meanBytes / 1024)} KiB each, ${figure(facesPerFrame)} faces found in each`);
  if (tried.length > 0) {
    const rows = tried.map((trial) => [String(trial.workers), figure(trial.framesPerSecond)]);
    printTable('The bare loop by threads', ['threads', 'frames/s'], rows);
  }
  printTable(
    `CPU-ms a frame in pairs: the service with ${options.streams} streams, the bare loop with ${workers} threads`,
    ['pair', 'service', 'bare loop', 'ratio', 'frames/s', 'bare', 'service quiet?', 'bare quiet?'],
    pairs.map(({ service, bareLoop: bare }, index) => [
      String(index + 1),
      figure(service.cpuMsPerFrame),
      figure(bare.cpuMsPerFrame),
      figure(ratios[index], 3),
      figure(service.framesPerSecond),
      figure(bare.framesPerSecond),
      trust(service.share),
      trust(bare.share),
    ]),
  );
  const stages = STAGES.map((name) => {
    const ofService = summaryOf(answered.map(({ timing }) => timing[name]));
    const ofBareLoop = name === 'queue' ? null : summaryOf(bareStages.map((frame) => frame[name]));
    return { name, service: ofService, bareLoop: ofBareLoop };
  });
  printTable(
    'Wall time of a stage, ms a frame',
    ['stage', 'service median', 'p95', 'bare loop median', 'p95'],
    stages.map(({ name, service, bareLoop: bare }) => [
      name,
      figure(service.median),
      figure(service.p95),
      figure(bare?.median),
      figure(bare?.p95),
    ]),
  );
  const latencyMs = summaryOf(answered.map((frame) => frame.latencyMs));
  const result = {
    ratio: median(ratios),
    target: TARGET_RATIO,
    service: {
      cpuMsPerFrame: median(pairs.map(({ service }) => service.cpuMsPerFrame)),
      framesPerSecond: median(pairs.map(({ service }) => service.framesPerSecond)),
      latencyMs,
    },
    bareLoop: {
      workers,
      cpuMsPerFrame: median(pairs.map(({ bareLoop: bare }) => bare.cpuMsPerFrame)),
      framesPerSecond: median(pairs.map(({ bareLoop: bare }) => bare.framesPerSecond)),
    },
    isTrustworthy: pairs.every(({ service, bareLoop: bare }) => service.share?.isTrustworthy && bare.share?.isTrustworthy),
  };
  printTable(
    'Medians over the pairs',
    ['', 'CPU-ms a frame', 'frames/s', 'latency p50 ms', 'p95', 'p99'],
    [
      [
        'service',
        figure(result.service.cpuMsPerFrame),
        figure(result.service.framesPerSecond),
        figure(latencyMs.median),
        figure(latencyMs.p95),
        figure(latencyMs.p99),
      ],
      ['bare loop', figure(result.bareLoop.cpuMsPerFrame), figure(result.bareLoop.framesPerSecond), '', '', ''],
    ],
  );
  print(`\nefficiency: the service costs ${figure(result.ratio, 3)} times the bare loop (target: at most ${TARGET_RATIO})`);
  await writeResult(options.name, options, {
    ...result,
    material: { frames, meanBytes, facesPerFrame },
    stages,
    workersTried: tried,
    pairs: pairs.map(({ service, bareLoop: bare }, index) => ({
      ratio: ratios[index],
      service: { cpuMsPerFrame: service.cpuMsPerFrame, framesPerSecond: service.framesPerSecond, share: service.share },
      bareLoop: { cpuMsPerFrame: bare.cpuMsPerFrame, framesPerSecond: bare.framesPerSecond, share: bare.share },
    })),
  });
}
