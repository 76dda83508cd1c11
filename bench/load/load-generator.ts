// One measurement of a running service under load: what its clients saw, what the service itself counted meanwhile,
// and what else went on on the machine. The frames are sent by another process.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.js';
import { machineShare, processorTimes, type MachineShare } from '../machine.js';
import type { LoadQuestion, LoadReport, Loop } from './load-protocol.js';
import { serviceFigures, type ServiceFigures } from './service-figures.js';

export interface LoadSettings {
  /** Of the service. */
  readonly url: string;
  /** Where the frames lie. */
  readonly folder: string;
  readonly streams: number;
  readonly loop: Loop;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface MeasuredLoad {
  readonly report: LoadReport;
  readonly framesPerSecond: number;
  /** Of the service's process alone, all threads; NaN when it answered nothing. */
  readonly cpuMsPerFrame: number;
  /** Resident memory of the service, once a second. */
  readonly residentMiB: readonly number[];
  /** From before the first frame until after the last answer. */
  readonly counts: Pick<ServiceFigures, 'received' | 'ok' | 'dropped' | 'errors'>;
  readonly share: MachineShare | null;
}

const SAMPLE_MS = 1000;

export class LoadGenerator {
  readonly #child = new Child<LoadQuestion, LoadReport | null>(new URL('generator-process.js', import.meta.url));

  /** @throws Error when the service cannot be reached or has no such metrics */
  async measure({ url, folder, streams, loop, warmupMs, measureMs }: LoadSettings): Promise<MeasuredLoad> {
    const first = await serviceFigures(url);
    await this.#child.ask({ kind: 'start', url, folder, streams, loop });
    await sleep(warmupMs);

    await this.#child.ask({ kind: 'mark' });
    const cpuAtStart = process.cpuUsage();
    const timesAtStart = processorTimes();
    const startMs = performance.now();
    const before = await serviceFigures(url);
    const residentMiB = await residentWhile(url, measureMs);
    const after = await serviceFigures(url);
    const seconds = (performance.now() - startMs) / 1000;
    const timesAtEnd = processorTimes();
    const { user, system } = process.cpuUsage(cpuAtStart);
    const report = await this.#child.ask({ kind: 'stop' });
    if (report === null) throw new Error('the load generator gave no report');

    const last = await serviceFigures(url);
    const cpuMs = after.cpuMs - before.cpuMs;
    const frames = after.ok - before.ok;
    return {
      report,
      framesPerSecond: frames / seconds,
      cpuMsPerFrame: cpuMs / frames,
      residentMiB,
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

async function residentWhile(url: string, measureMs: number): Promise<number[]> {
  const endMs = performance.now() + measureMs;
  const resident: number[] = [];
  for (let leftMs = measureMs; leftMs > 0; leftMs = endMs - performance.now()) {
    await sleep(Math.min(SAMPLE_MS, leftMs));
    resident.push((await serviceFigures(url)).residentMiB);
  }
  return resident;
}
