// `npm run bench:overload`: what happens when more comes than can be served. Equal cameras send at fixed rates, from half of what
// the machine can serve to eight times that, whatever comes back; latency counts from when a frame was due. Then one slow camera
// beside greedy ones.
import { lineChart } from './chart/chart.js';
import { accountText, figuresOf, generatorText, lostIn, lostText, type LoadFigures } from './load/load-figures.js';
import { LoadGenerator, type MeasuredLoad } from './load/load-generator.js';
import type { Rate, StreamReport } from './load/load-protocol.js';
import { compareAnswers, embedAll, type Sameness } from './load/same-answers.js';
import { trust } from './machine.js';
import { knowThePeople } from './material/known-people.js';
import { Material } from './material/material.js';
import { loadReels } from './material/reel.js';
import {
  benchCommand,
  numberList,
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
import { summaryOf } from './statistics.js';

interface Options extends LoadOptions, TargetOptions, QuickOptions {
  readonly seconds?: number;
  readonly loads: readonly number[];
  readonly tracking: boolean;
}
interface Row extends LoadFigures {
  /** Times what can be served. */
  readonly load: number;
  readonly offered: number;
}

const LOADS = [0.5, 0.8, 1, 2, 4, 8] as const;
const WARMUP_MS = 2000;
/** The measure of latency under overload is that at this load. */
const EASY_LOAD = 0.8;
const TARGETS = { throughput: 0.95, p99TimesEasyLoad: 2, fairness: 0.98, embeddingDifference: 1e-4 } as const;
const SLOW_FPS = 2;
/** Images whose embeddings are compared between an idle and an overloaded service. */
const COMPARED_IMAGES = 20;
/** The greedy cameras of the mixed case together, times what can be served. */
const GREEDY_LOAD = 4;

const command = withQuick(withTarget(withLoad(benchCommand('overload', 'latency, losses and fairness when too much comes'), 16)));
const options = command
  .option('--seconds <count>', 'length of each measurement (default: 20, quick: 6)', wholeNumber(1, 3600))
  .option('--loads <list>', 'times what can be served', numberList(0.05, 100), LOADS)
  .option('--tracking', 'faces are followed (default: every face of every frame is embedded and searched)', false)
  .parse()
  .opts<Options>();

const seconds = options.seconds ?? (options.quick ? 6 : 20);
const material = await Material.make({ ...options, scene: options.scene ?? (options.tracking ? 'film' : 'stills') });
const service = await serviceUnderTest(options);
const generator = new LoadGenerator();
const equal = (rate: Rate): Rate[] => Array.from({ length: options.streams }, () => rate);
try {
  if (material.isFilm && options.url === undefined) await knowThePeople(service.url, material.folder);
  const images = (await loadReels(material.folder)).flatMap(({ frames }) => frames).slice(0, COMPARED_IMAGES);
  const idleAnswers = await embedAll(service.url, images);
  note('measuring what the machine can serve');
  const capacity = figuresOf(await measure(equal(null)));
  const most = capacity.framesPerSecond;
  const rows: Row[] = [];
  for (const load of options.loads) {
    const offered = most * load;
    note(`${load} times that: ${Math.round(offered)} frames/s`);
    rows.push({ load, offered, ...figuresOf(await measure(equal(offered / options.streams))) });
  }
  const mixed = await mixedCase(most);
  note('comparing the answers of the idle service with those under load');
  const [, busyAnswers] = await Promise.all([
    measure(equal((most * Math.max(...options.loads)) / options.streams)),
    embedAll(service.url, images),
  ]);
  await report(capacity, rows, mixed, compareAnswers(idleAnswers, busyAnswers));
} finally {
  await generator.close();
  await Promise.all([service.close(), material.close()]);
}

function measure(rates: readonly Rate[]): Promise<MeasuredLoad> {
  return generator.measure({
    target: service,
    folder: material.folder,
    rates,
    fields: { tracking: String(options.tracking), ...options.field },
    warmupMs: WARMUP_MS,
    measureMs: seconds * 1000,
  });
}

/** The first stream sends as a camera that asks for little, all others far more than their share. */
async function mixedCase(capacityFps: number) {
  const greedy = options.streams - 1;
  const greedyFps = (capacityFps * GREEDY_LOAD) / Math.max(1, greedy);
  note(`one stream of ${SLOW_FPS} frames/s beside ${greedy} of ${Math.round(greedyFps)}`);
  const measured = await measure([SLOW_FPS, ...Array.from({ length: greedy }, () => greedyFps)]);
  const [slow, ...others] = measured.report.streams;
  if (slow === undefined) throw new Error('there was no slow stream');
  const all = figuresOf(measured);
  return {
    slow: { fps: SLOW_FPS, ...partOf([slow]) },
    greedy: { streams: greedy, fps: greedyFps, ...partOf(others) },
    framesPerSecond: all.framesPerSecond,
    accounts: all.accounts,
    share: all.share,
  };
}

function partOf(streams: readonly StreamReport[]) {
  return {
    answered: streams.reduce((sum, { answered }) => sum + answered.latencyMs.length, 0),
    lost: lostIn(streams),
    latencyMs: summaryOf(streams.flatMap(({ answered }) => answered.latencyMs)),
  };
}

async function report(
  capacity: LoadFigures,
  rows: readonly Row[],
  mixed: Awaited<ReturnType<typeof mixedCase>>,
  sameness: Sameness,
): Promise<void> {
  const most = Math.max(capacity.framesPerSecond, ...rows.map((row) => row.framesPerSecond));
  const worst = rows.reduce((a, b) => (b.load > a.load ? b : a));
  const easy = rows.reduce((a, b) => (Math.abs(b.load - EASY_LOAD) < Math.abs(a.load - EASY_LOAD) ? b : a));
  const reached = {
    throughput: worst.framesPerSecond / most,
    p99TimesEasyLoad: worst.latencyMs.p99 / easy.latencyMs.p99,
    fairness: Math.min(...rows.map((row) => row.fairness)),
    slowLostNothing: Object.keys(mixed.slow.lost).length === 0,
  };
  print(
    `capacity: ${figure(capacity.framesPerSecond)} frames/s with ${options.streams} streams within their credits; ` +
      `models on ${service.provider}`,
  );
  printTable(
    'Latency of the answered frames from the time each was due, ms',
    ['load', 'offered/s', 'ok/s', 'p50', 'p95', 'p99', `p99 / at ${easy.load}`, 'fairness', 'lost', 'generator lag', 'quiet?'],
    rows.map((row) => [
      `${row.load} x`,
      figure(row.offered),
      figure(row.framesPerSecond),
      figure(row.latencyMs.median),
      figure(row.latencyMs.p95),
      figure(row.latencyMs.p99),
      figure(row.latencyMs.p99 / easy.latencyMs.p99),
      figure(row.fairness, 4),
      lostText(row.lost),
      figure(row.generator.worstLagMs),
      trust(row.share),
    ]),
  );
  printTable(
    'Memory and CPU of the service, and whether received = ok + dropped + errors in all counts',
    ['load', 'MiB', 'most', 'CPU-ms/s', 'generator', 'loop held max ms', 'clients', 'closed.stats', '/metrics', 'all agree?'],
    rows.map(({ load, memory, cpuMsPerSecond, generator: own, eventLoop, accounts }) => [
      `${load} x`,
      figure(memory.medianMiB, 0),
      figure(memory.mostMiB, 0),
      figure(cpuMsPerSecond, 0),
      figure(own.cpuMsPerSecond, 0),
      figure(eventLoop?.maxMs),
      accountText(accounts.client),
      accountText(accounts.closed),
      accountText(accounts.metrics),
      yesOrNo(accounts.agree),
    ]),
  );
  printTable(
    `One stream of ${SLOW_FPS} frames/s beside ${mixed.greedy.streams} of ${figure(mixed.greedy.fps)}: ${figure(mixed.framesPerSecond)} frames/s`,
    ['stream', 'answered', 'lost', 'p50 ms', 'p95', 'p99', 'max'],
    [['the slow one', mixed.slow] as const, ['the greedy ones', mixed.greedy] as const].map(
      ([name, { answered, lost, latencyMs }]) => [
        name,
        String(answered),
        lostText(lost),
        figure(latencyMs.median),
        figure(latencyMs.p95),
        figure(latencyMs.p99),
        figure(latencyMs.max),
      ],
    ),
  );
  print(
    `\nat ${worst.load} x: throughput ${figure(reached.throughput, 3)} of the most (target: at least ${TARGETS.throughput}), ` +
      `p99 ${figure(reached.p99TimesEasyLoad)} times that at ${easy.load} x (target: at most ${TARGETS.p99TimesEasyLoad}); ` +
      `least fairness ${figure(reached.fairness, 4)} (target: at least ${TARGETS.fairness}); ` +
      `the slow stream lost nothing: ${yesOrNo(reached.slowLostNothing)}`,
  );
  print(
    `answers at ${worst.load} x against those of the idle service: ${sameness.faces} faces in ${sameness.images} images, ` +
      `${sameness.otherFaces} images with other faces, an embedding differs by at most ${sameness.mostDifference.toExponential(1)} ` +
      `(target: at most ${TARGETS.embeddingDifference})`,
  );
  print(generatorText(worst));
  printForDocs(
    ['offered', 'answered a second', 'p50 ms', 'p95 ms', 'p99 ms', `p99 against ${easy.load} x`, 'fairness', 'MiB'],
    rows.map((row) => [
      `${figure(row.offered, 0)} a second (${row.load} x)`,
      figure(row.framesPerSecond, 0),
      figure(row.latencyMs.median, 0),
      figure(row.latencyMs.p95, 0),
      figure(row.latencyMs.p99, 0),
      figure(row.latencyMs.p99 / easy.latencyMs.p99, 1),
      figure(row.fairness, 4),
      figure(row.memory.mostMiB, 0),
    ]),
  );
  await writeCharts(rows, capacity);
  await writeResult(options.name, options, {
    provider: service.provider,
    seconds,
    capacity,
    reached,
    targets: TARGETS,
    loads: rows,
    mixed,
    sameness,
  });
}

async function writeCharts(rows: readonly Row[], capacity: LoadFigures): Promise<void> {
  const points = (of: (row: Row) => number) => rows.map((row) => [row.load, of(row)] as const);
  const axis = { xLabel: 'offered, times what can be served', xScale: 'log', xTicks: rows.map(({ load }) => load) } as const;
  await writeChart(
    `${options.name}-latency`,
    lineChart({
      title: 'Latency of answered frames by load',
      ...axis,
      yLabel: 'ms',
      series: [
        { name: 'p50', points: points(({ latencyMs }) => latencyMs.median) },
        { name: 'p95', points: points(({ latencyMs }) => latencyMs.p95) },
        { name: 'p99', points: points(({ latencyMs }) => latencyMs.p99) },
      ],
    }),
  );
  await writeChart(
    `${options.name}-throughput`,
    lineChart({
      title: `Answered frames by load, ${options.streams} equal streams`,
      ...axis,
      yLabel: 'frames a second',
      series: [
        { name: 'answered', points: points(({ framesPerSecond }) => framesPerSecond) },
        { name: 'what can be served', isDashed: true, points: points(() => capacity.framesPerSecond) },
      ],
    }),
  );
}
