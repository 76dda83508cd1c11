// `npm run bench:load`: a service under the load of many cameras, within their credits or at a fixed rate whatever comes back;
// or, with `--find-streams`, how many of them it sustains.
import { lineChart } from './chart/chart.js';
import { findStreams, type Trial } from './load/find-streams.js';
import { accountText, figuresOf, generatorText, latencyBySecond, lostText, type LoadFigures } from './load/load-figures.js';
import { LoadGenerator, type LoadSettings } from './load/load-generator.js';
import type { Rate } from './load/load-protocol.js';
import { knowThePeople } from './material/known-people.js';
import { Material } from './material/material.js';
import { trust } from './machine.js';
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
import { figure, note, print, printForDocs, printTable, writeChart, writeResult, yesOrNo } from './report.js';
import { serviceUnderTest } from './stage.js';

interface Options extends LoadOptions, TargetOptions, QuickOptions {
  readonly fps?: number;
  readonly seconds?: number;
  readonly tracking: boolean;
  readonly task: string;
  readonly findStreams: boolean;
  readonly first: number;
  readonly p95: number;
}

const WARMUP_MS = 3000;
const CAMERA_FPS = 25;

const options = withQuick(withTarget(withLoad(benchCommand('load', 'a service under the load of many cameras'), 4)))
  .option(
    '--fps <count>',
    'frames a second of each, whatever comes back (default: as many as their credits allow)',
    wholeNumber(1, 240),
  )
  .option('--seconds <count>', 'length of a measurement (default: 20, quick: 8)', wholeNumber(1, 3600))
  .option('--task <name>', 'of the streams', 'faces')
  .option('--tracking', 'faces are followed (default: every face of every frame is embedded and searched)', false)
  .option('--find-streams', `find how many streams of --fps (default ${CAMERA_FPS}) are sustained`, false)
  .option('--first <count>', 'how many it tries first, for --find-streams', wholeNumber(1, 500), 16)
  .option('--p95 <ms>', 'latency that is sustained, for --find-streams', wholeNumber(1, 60_000), 100)
  .parse()
  .opts<Options>();

const seconds = options.seconds ?? (options.quick ? 8 : 20);
const scene = options.scene ?? (options.tracking ? 'film' : 'stills');
const material = await Material.make({ ...options, scene });
const service = await serviceUnderTest(options);
const generator = new LoadGenerator();
const common: Omit<LoadSettings, 'rates'> = {
  target: service,
  folder: material.folder,
  fields: { task: options.task, tracking: String(options.tracking), ...options.field },
  warmupMs: WARMUP_MS,
  measureMs: seconds * 1000,
};
const frames = { scene, frames: material.frames, meanBytes: material.meanBytes };
try {
  if (material.isFilm && options.url === undefined) await knowThePeople(service.url, material.folder);
  print(`frames: ${material.frames}, ${figure(material.meanBytes / 1024)} KiB each; models on ${service.provider}`);
  if (options.findStreams) await mostStreams();
  else await oneLoad();
} finally {
  await generator.close();
  await Promise.all([service.close(), material.close()]);
}

async function oneLoad(): Promise<void> {
  const rate: Rate = options.fps ?? null;
  const measured = await generator.measure({ ...common, rates: Array.from({ length: options.streams }, () => rate) });
  const figures = figuresOf(measured);
  const loop = rate === null ? 'as many frames as their credits allow' : `${rate} frames a second each`;
  printTable(
    `${options.streams} streams, ${loop}`,
    ['', 'figure'],
    [
      ['frames/s answered', figure(figures.framesPerSecond)],
      [
        'frames/s of a stream, least and most',
        `${figure(Math.min(...figures.fpsByStream))} / ${figure(Math.max(...figures.fpsByStream))}`,
      ],
      ["Jain's index", figure(figures.fairness, 4)],
      ['latency p50 / p90 / p95 / p99 / max, ms', latencyText(figures)],
      ['lost', lostText(figures.lost)],
      ['faces a frame', figure(figures.facesPerFrame)],
      ['frames with a name', `${figure(figures.namedFrames * 100)} %`],
      ['CPU-ms a frame, a second', `${figure(figures.cpuMsPerFrame)}, ${figure(figures.cpuMsPerSecond, 0)}`],
      ['memory, MiB: median, most', `${figure(figures.memory.medianMiB, 0)}, ${figure(figures.memory.mostMiB, 0)}`],
      ['event loop held up mean / p99 / max, ms', eventLoopText(figures)],
      ['received = ok + dropped + errors', accountText(figures.accounts.metrics)],
      ['all accounts agree?', yesOrNo(figures.accounts.agree)],
      ['quiet?', trust(figures.share)],
    ],
  );
  printTable(
    'Wall time of a stage, ms a frame',
    ['stage', 'p50', 'p95', 'p99'],
    Object.entries(figures.stagesMs).map(([name, { median, p95, p99 }]) => [name, figure(median), figure(p95), figure(p99)]),
  );
  print(`\n${generatorText(figures)}`);
  printForDocs(
    ['streams', 'frames/s', 'p50 ms', 'p95', 'p99', 'max', 'fairness', 'CPU-ms a frame', 'MiB'],
    [
      [
        `${options.streams}${rate === null ? '' : ` at ${rate} fps`}`,
        figure(figures.framesPerSecond, 0),
        figure(figures.latencyMs.median, 0),
        figure(figures.latencyMs.p95, 0),
        figure(figures.latencyMs.p99, 0),
        figure(figures.latencyMs.max, 0),
        figure(figures.fairness, 3),
        figure(figures.cpuMsPerFrame),
        figure(figures.memory.mostMiB, 0),
      ],
    ],
  );
  const bySecond = latencyBySecond(measured.report.streams);
  const over = (value: 'median' | 'p95' | 'max') => bySecond.map((row) => [row.second, row[value]] as const);
  await writeChart(
    options.name,
    lineChart({
      title: `Latency over time: ${options.streams} streams, ${loop}`,
      xLabel: 'second in which the frames were due',
      yLabel: 'ms',
      series: [
        { name: 'p50', points: over('median') },
        { name: 'p95', points: over('p95') },
        { name: 'max', points: over('max') },
      ],
    }),
  );
  await writeResult(options.name, options, { provider: service.provider, material: frames, seconds, loop, ...figures, bySecond });
}

async function mostStreams(): Promise<void> {
  const fps = options.fps ?? CAMERA_FPS;
  const { sustained, trials } = await findStreams({ generator, common, fps, p95Ms: options.p95, first: options.first });
  printTable(
    `Streams of ${fps} frames a second, sustained while p95 is under ${options.p95} ms and nothing is lost`,
    ['streams', 'offered/s', 'ok/s', 'p50', 'p95', 'p99', 'lost', 'named', 'CPU-ms a frame', 'MiB', 'sustained?', 'quiet?'],
    trials.map(({ streams, figures, isSustained }) => [
      String(streams),
      String(streams * fps),
      figure(figures.framesPerSecond, 0),
      figure(figures.latencyMs.median),
      figure(figures.latencyMs.p95),
      figure(figures.latencyMs.p99),
      lostText(figures.lost),
      `${figure(figures.namedFrames * 100, 0)} %`,
      figure(figures.cpuMsPerFrame),
      figure(figures.memory.mostMiB, 0),
      yesOrNo(isSustained),
      trust(figures.share),
    ]),
  );
  const last = trials.findLast(({ streams }) => streams === sustained);
  if (last !== undefined) print(`\n${generatorText(last.figures)}`);
  print(`\nsustained: ${sustained} streams of ${fps} frames a second at p95 under ${options.p95} ms`);
  printForDocs(['streams', 'frames/s', 'p50 ms', 'p95', 'p99', 'lost', 'CPU-ms a frame'], trials.map(docsRow));
  const name = `${options.name}-streams`;
  const points = (of: (figures: LoadFigures) => number) => trials.map(({ streams, figures }) => [streams, of(figures)] as const);
  await writeChart(
    name,
    lineChart({
      title: `Latency by streams of ${fps} frames a second`,
      xLabel: 'streams',
      yLabel: 'ms',
      yScale: 'log',
      series: [
        { name: 'p50', points: points(({ latencyMs }) => latencyMs.median) },
        { name: 'p95', points: points(({ latencyMs }) => latencyMs.p95) },
        { name: 'limit of p95', isDashed: true, points: trials.map(({ streams }) => [streams, options.p95] as const) },
      ],
    }),
  );
  await writeResult(name, options, { provider: service.provider, material: frames, seconds, fps, sustained, trials });
  if (sustained === 0) note('not even one stream was sustained');
}

function docsRow({ streams, figures }: Trial): string[] {
  const { framesPerSecond, latencyMs, lost, cpuMsPerFrame } = figures;
  const latencies = [latencyMs.median, latencyMs.p95, latencyMs.p99].map((ms) => figure(ms, 0));
  return [String(streams), figure(framesPerSecond, 0), ...latencies, lostText(lost), figure(cpuMsPerFrame)];
}

function latencyText({ latencyMs: { median, p90, p95, p99, max } }: LoadFigures): string {
  return [median, p90, p95, p99, max].map((value) => figure(value)).join(' / ');
}

function eventLoopText({ eventLoop }: LoadFigures): string {
  return eventLoop === null ? '-' : [eventLoop.meanMs, eventLoop.p99Ms, eventLoop.maxMs].map((ms) => figure(ms)).join(' / ');
}
