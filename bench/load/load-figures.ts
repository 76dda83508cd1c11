// What a measurement under load comes to: rates, latency, fairness, losses, cost, and whether all accounts agree.
import type { Timing } from '../../protocol/payloads.js';
import type { MachineShare } from '../machine.js';
import { figure } from '../report.js';
import { jainIndex, mean, percentile, summaryOf, type Summary } from '../statistics.js';
import type { MeasuredLoad } from './load-generator.js';
import type { StreamAccount, StreamReport } from './load-protocol.js';
import type { EventLoopDelay } from './service-figures.js';

export interface LoadFigures {
  readonly framesPerSecond: number;
  readonly fpsByStream: readonly number[];
  /** Jain's index over them. */
  readonly fairness: number;
  /** Of the frames answered `ok`, from when each was due. */
  readonly latencyMs: Summary;
  /** Frames due in the measurement without a useful answer: by drop reason or error code, and those held back. */
  readonly lost: Readonly<Record<string, number>>;
  readonly facesPerFrame: number;
  /** Frames with at least one face that has a name, as a part of those answered. */
  readonly namedFrames: number;
  /** Of the service, CPU-ms for each second and for each frame that it answered `ok`. */
  readonly cpuMsPerSecond: number;
  readonly cpuMsPerFrame: number;
  readonly stagesMs: Readonly<Record<keyof Timing, Summary>>;
  readonly memory: { readonly medianMiB: number; readonly mostMiB: number; readonly medianProportionalMiB: number | null };
  readonly eventLoop: EventLoopDelay | null;
  readonly generator: { readonly cpuMsPerSecond: number; readonly cpuMsPerFrame: number; readonly worstLagMs: number };
  readonly accounts: Accounts;
  readonly share: MachineShare | null;
}

/** Three counts of the same frames: the clients', the service's at each stream's end, and its metrics. */
export interface Accounts {
  readonly client: StreamAccount;
  readonly closed: StreamAccount;
  readonly metrics: StreamAccount;
  /** To the frame, in every stream, and received = ok + dropped + errors. */
  readonly agree: boolean;
}

export function figuresOf({ report, cpuMs, memory, eventLoop, counts, share }: MeasuredLoad): LoadFigures {
  const { streams } = report;
  const seconds = report.measuredMs / 1000;
  const ok = streams.reduce((sum, { okWhileMeasured }) => sum + okWhileMeasured, 0);
  const fpsByStream = streams.map(({ okWhileMeasured }) => okWhileMeasured / seconds);
  const named = streams.flatMap(({ answered }) => answered.named);
  const resident = memory.map(({ residentMiB }) => residentMiB);
  const proportional = memory.flatMap(({ proportionalMiB }) => proportionalMiB ?? []);
  const timing = (stage: keyof Timing) => summaryOf(streams.flatMap(({ answered }) => answered.timing[stage]));
  return {
    framesPerSecond: ok / seconds,
    fpsByStream,
    fairness: jainIndex(fpsByStream),
    latencyMs: summaryOf(streams.flatMap(({ answered }) => answered.latencyMs)),
    lost: lostIn(streams),
    facesPerFrame: mean(streams.flatMap(({ answered }) => answered.faces)),
    namedFrames: named.filter((count) => count > 0).length / named.length,
    cpuMsPerSecond: cpuMs / seconds,
    cpuMsPerFrame: cpuMs / ok,
    stagesMs: {
      decode: timing('decode'),
      preprocess: timing('preprocess'),
      queue: timing('queue'),
      infer: timing('infer'),
      match: timing('match'),
      total: timing('total'),
    },
    memory: {
      medianMiB: percentile(resident, 0.5),
      mostMiB: Math.max(...resident),
      medianProportionalMiB: proportional.length === 0 ? null : percentile(proportional, 0.5),
    },
    eventLoop,
    generator: {
      cpuMsPerSecond: report.cpuMs / seconds,
      cpuMsPerFrame: report.cpuMs / report.framesSent,
      worstLagMs: report.worstLagMs,
    },
    accounts: accountsOf(streams, counts),
    share,
  };
}

export function lostIn(streams: readonly StreamReport[]): Record<string, number> {
  const lost: Record<string, number> = {};
  const add = (why: string, count: number): void => {
    if (count > 0) lost[why] = (lost[why] ?? 0) + count;
  };
  for (const stream of streams) {
    for (const [why, count] of Object.entries(stream.lost)) add(why, count);
    add('held back', stream.heldBack);
  }
  return lost;
}

export function accountsOf(streams: readonly StreamReport[], metrics: StreamAccount): Accounts {
  const client = total(streams.map((stream) => stream.client));
  const closed = total(streams.flatMap(({ service }) => (service === undefined ? [] : [service])));
  const agree =
    [client, closed, metrics].every((account) => isSame(account, metrics) && isWhole(account)) &&
    streams.every((stream) => stream.service !== undefined && isSame(stream.client, stream.service));
  return { client, closed, metrics, agree };
}

export function isWhole({ received, ok, dropped, errors }: StreamAccount): boolean {
  return received === ok + dropped + errors;
}

export function isSame(one: StreamAccount, other: StreamAccount): boolean {
  return one.received === other.received && one.ok === other.ok && one.dropped === other.dropped && one.errors === other.errors;
}

export function total(accounts: readonly StreamAccount[]): StreamAccount {
  const sum = (of: (account: StreamAccount) => number): number => accounts.reduce((all, account) => all + of(account), 0);
  return {
    received: sum((account) => account.received),
    ok: sum((account) => account.ok),
    dropped: sum((account) => account.dropped),
    errors: sum((account) => account.errors),
  };
}

export function accountText({ received, ok, dropped, errors }: StreamAccount): string {
  return `${received} = ${ok} + ${dropped} + ${errors}`;
}

export function lostText(lost: Readonly<Record<string, number>>): string {
  const all = Object.entries(lost);
  return all.length === 0 ? 'none' : all.map(([why, count]) => `${count} ${why}`).join(', ');
}

/** Latency of the frames that were due in each second of the measurement. */
export function latencyBySecond(
  streams: readonly StreamReport[],
): { second: number; median: number; p95: number; max: number }[] {
  const seconds = new Map<number, number[]>();
  for (const { answered } of streams) {
    answered.dueMs.forEach((dueMs, index) => {
      const second = Math.floor(dueMs / 1000);
      const latencies = seconds.get(second) ?? [];
      latencies.push(answered.latencyMs[index] ?? NaN);
      seconds.set(second, latencies);
    });
  }
  return [...seconds]
    .sort(([a], [b]) => a - b)
    .map(([second, values]) => ({
      second,
      median: percentile(values, 0.5),
      p95: percentile(values, 0.95),
      max: percentile(values, 1),
    }));
}

/** What a reader must know of the generator: it has its part of the same processor. */
export function generatorText({ generator }: Pick<LoadFigures, 'generator'>): string {
  return (
    `the load generator: ${figure(generator.cpuMsPerSecond, 0)} CPU-ms a second, ${figure(generator.cpuMsPerFrame, 3)} a frame; ` +
    `at worst ${figure(generator.worstLagMs)} ms late`
  );
}
