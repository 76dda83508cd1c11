// The bare loop as the benchmark runs it beside the service: the least that the same work can cost on this machine.
import { availableParallelism } from 'node:os';
import { Child } from '../child.js';
import { machineShare, processorTimes, type MachineShare } from '../machine.js';
import { median } from '../statistics.js';
import type { BareLoopQuestion, BareLoopReport, BareLoopWork } from './bare-loop-protocol.js';

export interface MeasuredBareLoop extends BareLoopReport {
  readonly share: MachineShare | null;
}
/** Frames a second with so many threads. */
export interface WorkersTried {
  readonly workers: number;
  readonly framesPerSecond: number;
}

const WARMUP_MS = 500;
const TRIAL_ROUNDS = 3;

export class BareLoop {
  static readonly oneForEachCore = availableParallelism();
  readonly #child: Child<BareLoopQuestion, BareLoopReport>;

  /** @param folder where the frames lie @param people in its gallery */
  constructor(folder: string, people: number) {
    this.#child = new Child(new URL('bare-loop-process.js', import.meta.url), [folder, String(people)]);
  }

  async measure(work: BareLoopWork, workers: number, measureMs: number): Promise<MeasuredBareLoop> {
    const cpuAtStart = process.cpuUsage();
    const before = processorTimes();
    const report = await this.#child.ask({ workers, work, warmupMs: WARMUP_MS, measureMs });
    const { user, system } = process.cpuUsage(cpuAtStart);
    const ownMs = report.spentCpuMs + (user + system) / 1000;
    return { ...report, share: machineShare(before, processorTimes(), ownMs) };
  }

  /** How many threads serve most frames on this machine, measured in turns. */
  async bestWorkers(
    work: BareLoopWork,
    trialMs: number,
  ): Promise<{ readonly best: number; readonly tried: readonly WorkersTried[] }> {
    const cores = BareLoop.oneForEachCore;
    const candidates = [...new Set([Math.max(1, Math.floor(cores / 2)), cores, cores + 1])];
    const rates = new Map<number, number[]>(candidates.map((workers) => [workers, []]));
    for (let round = 0; round < TRIAL_ROUNDS; round++) {
      for (const workers of candidates) {
        rates.get(workers)?.push((await this.measure(work, workers, trialMs)).framesPerSecond);
      }
    }
    const tried = [...rates].map(([workers, measured]) => ({ workers, framesPerSecond: median(measured) }));
    const best = tried.reduce((a, b) => (b.framesPerSecond > a.framesPerSecond ? b : a));
    return { best: best.workers, tried };
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}
