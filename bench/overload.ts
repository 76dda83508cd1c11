// `npm run bench:overload`: what happens when more comes than can be served. Cameras send at fixed rates, from half of
// what the machine can serve to ten times that, whatever comes back; latency counts from when a frame was due.
import { LoadGenerator, type MeasuredLoad } from './load/load-generator.js';
import { trust } from './machine.js';
import { Material } from './material/material.js';
import { benchCommand, EVERY_FACE, wholeNumber, withLoad, type LoadOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { mean, summaryOf } from './statistics.js';

interface Options extends LoadOptions {
  readonly seconds: number;
  readonly floodSeconds: number;
}
interface Row {
  readonly load: number;
  readonly offered: number;
  readonly measured: MeasuredLoad;
}

const LOADS = [0.5, 1, 2, 10] as const;
const FLOOD = 10;
const CAPACITY_MS = 8000;
const WARMUP_MS = 2000;
const MOST_TIMES_HALF_LOAD = 3;
/** What memory may drift between the first and the last quarter of a measurement, as a part of it. */
const FLAT_WITHIN = 0.05;

const options = withLoad(benchCommand('overload', 'latency, losses and memory from half load to ten times too much'))
  .option('--seconds <count>', 'length of each measurement', wholeNumber(1, 600), 20)
  .option('--flood-seconds <count>', 'length of the one at ten times', wholeNumber(1, 3600), 60)
  .parse()
  .opts<Options>();

const material = await Material.make(options);
const stage = await Stage.set(options.people);
const generator = new LoadGenerator();
try {
  const service = await stage.start({ ...EVERY_FACE, ...options.set });
  const common = { url: service.url, folder: material.folder, streams: options.streams, warmupMs: WARMUP_MS };
  note('measuring what the machine can serve');
  const capacity = await generator.measure({ ...common, loop: { kind: 'closed' }, measureMs: CAPACITY_MS });
  const rows: Row[] = [];
  for (const load of LOADS) {
    const offered = capacity.framesPerSecond * load;
    note(`${load} times that: ${Math.round(offered)} frames/s`);
    const seconds = load === FLOOD ? options.floodSeconds : options.seconds;
    const measured = await generator.measure({
      ...common,
      loop: { kind: 'open', framesPerSecond: offered },
      measureMs: seconds * 1000,
    });
    rows.push({ load, offered, measured });
  }
  await report(capacity, rows);
} finally {
  await generator.close();
  await Promise.all([stage.close(), material.close()]);
}

async function report(capacity: MeasuredLoad, rows: readonly Row[]): Promise<void> {
  const figures = rows.map(({ load, offered, measured }) => ({
    load,
    offered,
    framesPerSecond: measured.framesPerSecond,
    latencyMs: summaryOf(measured.report.answered.map(({ latencyMs }) => latencyMs)),
    lost: measured.report.others,
    cpuMsPerFrame: measured.cpuMsPerFrame,
    memory: memoryOf(measured.residentMiB),
    accounts: accountsOf(measured),
    generatorLagMs: measured.report.worstLagMs,
    share: measured.share,
  }));
  const half = figures[0]?.latencyMs.p99 ?? NaN;
  const worst = Math.max(...figures.map(({ latencyMs }) => latencyMs.p99));

  print(`capacity: ${figure(capacity.framesPerSecond)} frames/s with ${options.streams} streams within their credits`);
  printTable(
    'Latency of the answered frames from the time each was due, ms',
    ['load', 'offered/s', 'ok/s', 'p50', 'p95', 'p99', 'p99 / half load', 'lost', 'generator lag', 'quiet?'],
    figures.map(({ load, offered, framesPerSecond, latencyMs, lost, generatorLagMs, share }) => [
      `${load} x`,
      figure(offered),
      figure(framesPerSecond),
      figure(latencyMs.median),
      figure(latencyMs.p95),
      figure(latencyMs.p99),
      figure(latencyMs.p99 / half),
      lostText(lost),
      figure(generatorLagMs),
      trust(share),
    ]),
  );
  printTable(
    'Memory of the service, MiB, and whether received = ok + dropped + errors',
    ['load', 'first quarter', 'last quarter', 'most', 'flat?', 'client', 'closed.stats', '/metrics', 'all agree?'],
    figures.map(({ load, memory, accounts }) => [
      `${load} x`,
      figure(memory.firstQuarterMiB),
      figure(memory.lastQuarterMiB),
      figure(memory.mostMiB),
      memory.isFlat ? 'yes' : 'NO',
      accountText(accounts.client),
      accountText(accounts.closed),
      accountText(accounts.metrics),
      accounts.agree ? 'yes' : 'NO',
    ]),
  );
  print(`\np99 at its worst is ${figure(worst / half)} times that at half load (target: at most ${MOST_TIMES_HALF_LOAD})`);
  await writeResult(options.name, options, {
    capacityFramesPerSecond: capacity.framesPerSecond,
    worstP99TimesHalfLoad: worst / half,
    target: MOST_TIMES_HALF_LOAD,
    loads: figures,
  });
}

function memoryOf(residentMiB: readonly number[]) {
  const quarter = Math.max(1, Math.floor(residentMiB.length / 4));
  const firstQuarterMiB = mean(residentMiB.slice(0, quarter));
  const lastQuarterMiB = mean(residentMiB.slice(-quarter));
  const isFlat = lastQuarterMiB <= firstQuarterMiB * (1 + FLAT_WITHIN);
  return { firstQuarterMiB, lastQuarterMiB, mostMiB: Math.max(...residentMiB), isFlat, everySecondMiB: residentMiB };
}

interface Account {
  readonly received: number;
  readonly ok: number;
  readonly dropped: number;
  readonly errors: number;
}

/** Three counts of the same frames: the clients', the service's at each stream's end, and its metrics. */
function accountsOf({ report: { accounts }, counts }: MeasuredLoad) {
  const client = total(accounts.map((account) => ({ ...account.client, received: account.client.sent })));
  const closed = total(accounts.flatMap(({ service }) => (service === undefined ? [] : [service])));
  const agree = [client, closed, counts].every(
    (account) =>
      account.received === account.ok + account.dropped + account.errors &&
      account.received === counts.received &&
      account.ok === counts.ok &&
      account.dropped === counts.dropped,
  );
  return { client, closed, metrics: counts, agree };
}

function total(accounts: readonly Account[]): Account {
  const sum = (of: (account: Account) => number): number => accounts.reduce((all, account) => all + of(account), 0);
  return {
    received: sum((account) => account.received),
    ok: sum((account) => account.ok),
    dropped: sum((account) => account.dropped),
    errors: sum((account) => account.errors),
  };
}

function accountText({ received, ok, dropped, errors }: Account): string {
  return `${received} = ${ok} + ${dropped} + ${errors}`;
}

function lostText(lost: Readonly<Record<string, number>>): string {
  const all = Object.entries(lost);
  return all.length === 0 ? 'none' : all.map(([why, count]) => `${count} ${why}`).join(', ');
}
