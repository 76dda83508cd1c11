// The bare loop's process: it has nothing but the loop's threads in it, so that its processor time is theirs.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ladderUpTo } from '../../pipeline/scheduling/batch-ladder.js';
import { usualPlan } from '../../pipeline/lanes/lane-start.js';
import { defaultPack } from '../../test/fixtures.js';
import { answerParent } from '../child.js';
import { strangersInMemory } from '../strangers.js';
import type { BareLoopQuestion, BareLoopReport, BareLoopWorkerData, WorkerQuestion, WorkerReport } from './bare-loop-protocol.js';

const [folder = '', people = '0'] = process.argv.slice(2);
const MAX_PIXELS = 33_177_600;

const pack = await defaultPack();
const settings: BareLoopWorkerData['settings'] = {
  pack,
  provider: 'cpu',
  intraOpThreads: 1,
  ladder: ladderUpTo(usualPlan('cpu', availableParallelism()).maxBatch),
  detectionScore: pack.thresholds.detectionScore,
  nmsIou: pack.thresholds.nmsIou,
  gallery: strangersInMemory(pack, Number(people)),
};
const workers: Worker[] = [];

answerParent(measure, closeWorkers);

async function measure({ workers: count, work, warmupMs, measureMs }: BareLoopQuestion): Promise<BareLoopReport> {
  if (workers.length !== count) {
    await closeWorkers();
    for (let index = 0; index < count; index++) workers.push(await startWorker(index, count));
  }
  const atQuestion = process.cpuUsage();
  const measureFromMs = Date.now() + warmupMs;
  const question: WorkerQuestion = { work, measureFromMs, untilMs: measureFromMs + measureMs };
  const reports = Promise.all(
    workers.map(async (worker) => {
      const reported = once(worker, 'message');
      worker.postMessage(question);
      return ((await reported) as [WorkerReport])[0];
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, warmupMs));
  const atStart = process.cpuUsage();
  const startMs = performance.now();
  const done = await reports;
  const seconds = (performance.now() - startMs) / 1000;
  const cpuMs = totalMs(process.cpuUsage(atStart));
  const stages = done.flatMap((report) => report.frames);
  const faces = done.reduce((sum, report) => sum + report.faces, 0);
  return {
    framesPerSecond: stages.length / seconds,
    cpuMsPerFrame: cpuMs / stages.length,
    spentCpuMs: totalMs(process.cpuUsage(atQuestion)),
    facesPerFrame: faces / stages.length,
    stages,
  };
}

function totalMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

async function startWorker(camera: number, cameras: number): Promise<Worker> {
  const workerData: BareLoopWorkerData = { settings, folder, maxPixels: MAX_PIXELS, camera, cameras };
  const worker = new Worker(new URL('bare-loop-worker.js', import.meta.url), { workerData });
  await once(worker, 'message');
  return worker;
}

/** Threads are let go, never terminated: that would abort the process in the middle of a run. */
async function closeWorkers(): Promise<void> {
  await Promise.all(
    workers.splice(0).map(async (worker) => {
      const ended = once(worker, 'exit');
      worker.postMessage(null);
      await ended;
    }),
  );
}
