// `npm run bench:soak`: an hour of streams, clients and gallery changes that come and go, and whether the service keeps anything of
// it: memory, descriptors and threads must be flat, nothing may be left at the end, and every frame must be accounted for.
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { lineChart } from './chart/chart.js';
import { accountText, isWhole } from './load/load-figures.js';
import type { StreamAccount } from './load/load-protocol.js';
import { serviceFigures, serviceMetrics } from './load/service-figures.js';
import { Material } from './material/material.js';
import { loadReels } from './material/reel.js';
import {
  benchCommand,
  serviceSettings,
  wholeNumber,
  withQuick,
  withService,
  type QuickOptions,
  type ServiceOptions,
} from './options.js';
import { processFigures, proportionalMiB } from './process-figures.js';
import { figure, note, print, printForDocs, printTable, writeChart, writeResult, yesOrNo } from './report.js';
import { galleryChurn } from './soak/gallery-churn.js';
import { seededRandom } from './soak/random.js';
import { StreamChurn, type ChurnReport } from './soak/stream-churn.js';
import { visitors } from './soak/visitors.js';
import { Stage } from './stage.js';
import { driftOf, slopeOf, summaryOf } from './statistics.js';

interface Options extends ServiceOptions, QuickOptions {
  readonly minutes?: number;
  readonly streams: number;
  readonly fps: number;
  readonly seed: number;
}
interface Sample {
  readonly atS: number;
  readonly residentMiB: number;
  readonly proportionalMiB: number | null;
  readonly descriptors: number;
  readonly threads: number;
}

const SAMPLE_MS = 1000;
const SETTLE_MS = 3000;
const TARGETS = { memoryRise: 0.03, mostMiB: 450, descriptorsOver: 4 } as const;
/** In the result's file, of however long a run. */
const MOST_KEPT_SAMPLES = 240;
const S_PER_HOUR = 3600;

const options = withQuick(withService(benchCommand('soak', 'churn of streams, clients and gallery, and what is left of it')))
  .option('--minutes <count>', 'for so long (default: 60, quick: 1)', wholeNumber(1, 100_000))
  .option('--streams <count>', 'at once', wholeNumber(1, 1000), 16)
  .option('--fps <count>', 'frames a second of each, about', wholeNumber(1, 60), 4)
  .option('--seed <number>', 'of the chance', wholeNumber(0, 2 ** 31), 1)
  .parse()
  .opts<Options>();

const minutes = options.minutes ?? (options.quick ? 1 : 60);
const material = await Material.make({ scene: 'film' });
const stage = await Stage.set(options.people);
try {
  await report(await soak());
} finally {
  await stage.close();
  await material.close();
}

async function soak() {
  const { url, pid } = await stage.start(serviceSettings(options));
  const reels = await loadReels(material.folder);
  const image = reels[0]?.frames[0];
  if (image === undefined) throw new Error('there is nothing to show');
  await sleep(SETTLE_MS);
  const empty = sampleOf(pid, 0);
  const over = new AbortController();
  const { signal } = over;
  // Whoever waits does so with an ear on it.
  setMaxListeners(0, signal);
  const random = (of: number) => seededRandom(options.seed * 1000 + of);
  const { streams, fps } = options;
  const actors = Promise.all([
    new StreamChurn({ url, reels, slots: streams, fps, random: random(1), signal }).run(),
    visitors({ url, image, random: random(2), signal }),
    galleryChurn(url, random(3), signal),
  ]);
  // What goes wrong ends the soak at once; it is thrown where the actors are awaited.
  actors.catch(() => over.abort());
  const startMs = performance.now();
  const samples: Sample[] = [];
  const cpuAtStart = process.cpuUsage();
  while (performance.now() < startMs + minutes * 60_000 && !signal.aborted) {
    await sleep(SAMPLE_MS);
    const atS = Math.round((performance.now() - startMs) / 1000);
    samples.push(sampleOf(pid, atS));
    if (atS % 60 === 0) note(`${atS / 60} of ${minutes} min: ${figure(samples.at(-1)?.residentMiB, 0)} MiB`);
  }
  const { user, system } = process.cpuUsage(cpuAtStart);
  over.abort();
  const [streamsReport, visits, gallery] = await actors;
  const metrics = await serviceFigures(url);
  await sleep(SETTLE_MS);
  const after = sampleOf(pid, minutes * 60);
  const left = await serviceMetrics(url);
  return {
    ...{ provider: stage.provider, empty, samples, after, streams: streamsReport, visits, gallery },
    metrics: { received: metrics.received, ok: metrics.ok, dropped: metrics.dropped, errors: metrics.errors },
    left: {
      streams: left.get('onlooker_streams') ?? NaN,
      connections: left.get('onlooker_connections') ?? NaN,
      framesInHand: (left.get('onlooker_frames_waiting') ?? NaN) + (left.get('onlooker_frames_in_flight') ?? NaN),
      peopleMore: (left.get('onlooker_gallery_people') ?? NaN) - options.people,
    },
    clientCpuMsPerSecond: (user + system) / 1000 / (minutes * 60),
  };
}

type Soaked = Awaited<ReturnType<typeof soak>>;

function sampleOf(pid: number, atS: number): Sample {
  const { residentMiB, descriptors, threads } = processFigures(pid);
  return { atS, residentMiB, proportionalMiB: proportionalMiB(pid), descriptors, threads };
}

async function report({
  provider,
  empty,
  samples,
  after,
  streams,
  visits,
  gallery,
  metrics,
  left,
  clientCpuMsPerSecond,
}: Soaked): Promise<void> {
  const resident = driftOf(samples.map(({ residentMiB }) => residentMiB));
  const descriptors = driftOf(samples.map((sample) => sample.descriptors));
  const threads = driftOf(samples.map((sample) => sample.threads));
  const warm = samples.slice(Math.floor(samples.length / 10));
  const slopeMiBPerHour = slopeOf(warm.map(({ atS, residentMiB }) => [atS / S_PER_HOUR, residentMiB] as const));
  const mostMiB = Math.max(...samples.map(({ residentMiB }) => residentMiB));
  const accounts = accountsOf(streams, metrics);
  const flat = {
    memory: resident.rise <= TARGETS.memoryRise,
    descriptors: descriptors.late <= descriptors.early + TARGETS.descriptorsOver,
    threads: threads.late <= threads.early,
    nothingLeft:
      Object.values(left).every((count) => count === 0) && after.descriptors <= empty.descriptors + TARGETS.descriptorsOver,
  };
  const drifts = [
    ['MiB resident', empty.residentMiB, resident, after.residentMiB],
    ['descriptors', empty.descriptors, descriptors, after.descriptors],
    ['threads', empty.threads, threads, after.threads],
  ] as const;
  printTable(
    `${minutes} min with ${options.streams} streams: the service before, after warming up (second tenth), at the end (last tenth), and after it`,
    ['', 'before', 'second tenth', 'last tenth', 'rise', 'after'],
    drifts.map(([name, first, { early, late, rise }, last]) => [
      name,
      figure(first, 0),
      figure(early, 1),
      figure(late, 1),
      `${figure(rise * 100, 2)} %`,
      figure(last, 0),
    ]),
  );
  const latencyMs = summaryOf(streams.latencyMs);
  print(
    `\nstreams: ${counts(streams.streams)}; visits: ${counts(visits)}; gallery: ${counts({ ...gallery })}; ` +
      `results after ${figure(latencyMs.median, 0)} ms (p50), ${figure(latencyMs.p99, 0)} (p99)`,
  );
  print(
    `accounts: metrics ${accountText(metrics)}; clients, of streams with an account ${accountText(streams.accounted)} ` +
      `(${streams.wrong} streams differ), without one ${accountText(streams.unaccounted)}; all fits: ${yesOrNo(accounts.fit)}`,
  );
  print(
    `memory: at most ${figure(mostMiB, 0)} MiB (target: under ${TARGETS.mostMiB}), ${figure(slopeMiBPerHour, 1)} MiB an hour; ` +
      `flat? memory ${yesOrNo(flat.memory)}, descriptors ${yesOrNo(flat.descriptors)}, threads ${yesOrNo(flat.threads)}, ` +
      `nothing left ${yesOrNo(flat.nothingLeft)}; the clients took ${figure(clientCpuMsPerSecond, 0)} CPU-ms a second`,
  );
  printForDocs(
    ['', 'before', 'second tenth', 'last tenth', 'after'],
    drifts.map(([name, first, { early, late }, last]) => [
      name,
      figure(first, 0),
      figure(early, 0),
      figure(late, 0),
      figure(last, 0),
    ]),
  );
  const step = Math.ceil(samples.length / MOST_KEPT_SAMPLES);
  const kept = samples.filter((_, index) => index % step === 0);
  await writeCharts(kept);
  const { latencyMs: _, ...streamCounts } = streams;
  await writeResult(options.name, options, {
    ...{
      provider,
      minutes,
      targets: TARGETS,
      flat,
      resident,
      descriptors,
      threads,
      slopeMiBPerHour,
      mostMiB,
      latencyMs,
      accounts,
    },
    ...{ metrics, streams: streamCounts, visits, gallery, left, before: empty, after, clientCpuMsPerSecond },
    everyS: step,
    samples: kept,
  });
}

/**
 * Of streams that were cut nobody knows which of their last frames still came: the metrics may have any number from those
 * whose results were seen to all that were sent.
 */
function accountsOf({ accounted, unaccounted, wrong }: ChurnReport, metrics: StreamAccount) {
  const seen = unaccounted.ok + unaccounted.dropped + unaccounted.errors;
  const least = accounted.received + seen;
  const most = accounted.received + unaccounted.received;
  const isBetween = metrics.received >= least && metrics.received <= most;
  return { least, most, received: metrics.received, fit: wrong === 0 && isBetween && isWhole(metrics) && isWhole(accounted) };
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

async function writeCharts(samples: readonly Sample[]): Promise<void> {
  const over = (of: (sample: Sample) => number | null) => samples.map((sample) => [sample.atS / 60, of(sample) ?? NaN] as const);
  await writeChart(
    options.name,
    lineChart({
      title: `Memory of the service while streams, clients and gallery come and go`,
      xLabel: 'minutes',
      yLabel: 'MiB',
      series: [
        { name: 'resident', points: over(({ residentMiB }) => residentMiB) },
        { name: 'proportional', points: over((sample) => sample.proportionalMiB) },
      ],
    }),
  );
  await writeChart(
    `${options.name}-handles`,
    lineChart({
      title: 'Descriptors and threads of the service',
      xLabel: 'minutes',
      yLabel: 'how many',
      series: [
        { name: 'descriptors', points: over(({ descriptors }) => descriptors) },
        { name: 'threads', points: over(({ threads }) => threads) },
      ],
    }),
  );
}
