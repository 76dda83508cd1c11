// One measurement of a running service under load: what its clients saw, what the service itself counted meanwhile,
// and what else went on on the machine. The frames are sent by another process.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.js';
import { machineShare, processorTimes, type MachineShare } from '../machine.js';
import { processFigures, proportionalMiB } from '../process-figures.js';
import type { LoadQuestion, LoadReport, Rate, StreamAccount } from './load-protocol.js';
import { serviceFigures, type EventLoopDelay } from './service-figures.js';

/** The service that is measured. */
export interface Target {
  readonly url: string;
  /** Where it is a process of this machine that we know: memory is then the system's account. */
  readonly pid?: number | undefined;
}

export interface LoadSettings {
  readonly target: Target;
  /** Where the frames lie. */
  readonly folder: string;
  /** One for each stream. */
  readonly rates: readonly Rate[];
  /** Further fields of `open`. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface MemorySample {
  readonly residentMiB: number;
  readonly proportionalMiB: number | null;
}

export interface MeasuredLoad {
  readonly report: LoadReport;
  /** Processor time of the service's process alone, all threads, from mark to stop. */
  readonly cpuMs: number;
  /** Of the service, once a second. */
  readonly memory: readonly MemorySample[];
  readonly eventLoop: EventLoopDelay | null;
  /** By its metrics, from before the first frame until after the last answer. */
  readonly counts: StreamAccount;
  readonly share: MachineShare | null;
}

const SAMPLE_MS = 1000;

export class LoadGenerator {
  readonly #child = new Child<LoadQuestion, LoadReport | null>(new URL('generator-process.js', import.meta.url));

  /** @throws Error when the service cannot be reached or has no such metrics */
  async measure({ target, folder, rates, fields = {}, warmupMs, measureMs }: LoadSettings): Promise<MeasuredLoad> {
    const first = await serviceFigures(target.url);
    await this.#child.ask({ kind: 'start', url: target.url, folder, rates, fields });
    await sleep(warmupMs);

    const before = await serviceFigures(target.url);
    await this.#child.ask({ kind: 'mark' });
    const cpuAtStart = process.cpuUsage();
    const timesAtStart = processorTimes();
    const serviceCpuAtStart = cpuOf(target) ?? before.cpuMs;
    const memory = await memoryWhile(target, measureMs);
    const serviceCpuAtEnd = cpuOf(target);
    const timesAtEnd = processorTimes();
    const { user, system } = process.cpuUsage(cpuAtStart);
    const stopping = this.#child.ask({ kind: 'stop' });
    const after = await serviceFigures(target.url);
    const report = await stopping;
    if (report === null) throw new Error('the load generator gave no report');

    const last = await serviceFigures(target.url);
    const cpuMs = (serviceCpuAtEnd ?? after.cpuMs) - serviceCpuAtStart;
    return {
      report,
      cpuMs,
      memory,
      eventLoop: after.eventLoop,
      counts: {
        received: last.received - first.received,
        ok: last.ok - first.ok,
        dropped: last.dropped - first.dropped,
        errors: last.errors - first.errors,
      },
      share: machineShare(timesAtStart, timesAtEnd, cpuMs + report.cpuMs + (user + system) / 1000),
    };
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}

/** Undefined where the process is not known: its metrics then tell. */
function cpuOf({ pid }: Target): number | undefined {
  return pid === undefined ? undefined : processFigures(pid).cpuMs;
}

async function memoryWhile(target: Target, measureMs: number): Promise<MemorySample[]> {
  const endMs = performance.now() + measureMs;
  const samples: MemorySample[] = [];
  for (let leftMs = measureMs; leftMs > 0; leftMs = endMs - performance.now()) {
    await sleep(Math.min(SAMPLE_MS, leftMs));
    samples.push(await memoryOf(target));
  }
  return samples;
}

async function memoryOf({ url, pid }: Target): Promise<MemorySample> {
  if (pid === undefined) return { residentMiB: (await serviceFigures(url)).residentMiB, proportionalMiB: null };
  return { residentMiB: processFigures(pid).residentMiB, proportionalMiB: proportionalMiB(pid) };
}
