// The thread of an inference lane: owns its sessions, takes one job after another, answers each.
// It is closed by message, never terminated in a run: that would abort the whole process.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../protocol/errors.js';
import { collectGarbage, collectGarbageLater, DroppedMemory } from '../threads/collect-garbage.js';
import { LaneModels, type JobCost } from '../tasks/faces/face-lane.js';
import type { LaneCommand, LaneJob, LaneReport, LaneSettings } from './lane-protocol.js';
import { probeProvider } from './provider-probe.js';
import { PRIORITY, yieldToMainThread } from '../threads/thread-priority.js';

if (parentPort === null) throw new Error('lane-worker runs as a worker thread');
const port = parentPort;
const settings = workerData as LaneSettings;
const tell = (report: LaneReport): void => port.postMessage(report);

yieldToMainThread(PRIORITY.calculating);
/** Memory of large frames that this thread has looked at, and that nothing but its garbage keeps by now. */
const seen = new DroppedMemory();
let seenBytes = 0;
const models = await start();
if (models === null) process.exitCode = 1;
else serve(models);

async function start(): Promise<LaneModels | null> {
  try {
    await probeProvider(settings.provider);
    const opened = await LaneModels.open(settings);
    tell({ kind: 'ready', models: opened.sessions.map(({ model, loadMs, warmupMs }) => ({ id: model.id, loadMs, warmupMs })) });
    return opened;
  } catch (error) {
    tell({ kind: 'start-failed', message: messageOf(error) });
    return null;
  }
}

function serve(opened: LaneModels): void {
  // Jobs run one after another in the order they came, and a gallery or close command takes effect in that order too.
  let last = Promise.resolve();
  port.on('message', (command: LaneCommand) => {
    last = last.then(() => obey(opened, command));
  });
}

async function obey(opened: LaneModels, command: LaneCommand): Promise<void> {
  switch (command.kind) {
    case 'gallery':
      opened.useGallery(command.snapshot);
      // What the snapshot before held, and this one does not, is not kept by this thread.
      collectGarbage();
      return;
    case 'close':
      await opened.close();
      port.close();
      return;
    default:
      collectGarbageLater();
      seen.add(seenBytes);
      seenBytes = largeBytesOf(command);
      try {
        tell(await work(opened, command));
      } catch (error) {
        tell({ kind: 'job-failed', id: command.id, message: messageOf(error) });
      }
  }
}

/** Frames so large give their memory back after use; smaller ones use it again. */
const LARGE_BYTES = 3840 * 2160 * 3;

function largeBytesOf(job: LaneJob): number {
  if (job.kind !== 'faces') return 0;
  return job.items.reduce((sum, { pixels }) => sum + (pixels.byteLength > LARGE_BYTES ? pixels.byteLength : 0), 0);
}

async function work(opened: LaneModels, job: LaneJob): Promise<LaneReport> {
  const cost: JobCost = { inferMs: 0, matchMs: 0, batches: [] };
  if (job.kind === 'detect') {
    const frames = await opened.detect(job.items, cost);
    return { kind: 'detected', id: job.id, frames, ...cost };
  }
  const answers = await opened.describe(job.items, cost);
  return { kind: 'faces', id: job.id, answers, ...cost };
}
