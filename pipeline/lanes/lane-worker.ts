// The thread of an inference lane: opens the tasks' models, takes one job after another, answers each.
// It is closed by message, never terminated in a run: that would abort the whole process.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../protocol/errors.js';
import { collectGarbage, collectGarbageLater, DroppedMemory } from '../threads/collect-garbage.js';
import type { LaneCommand, LaneJob, LaneReport, LaneStart } from './lane-protocol.js';
import type { JobCost, LaneTask, LaneTaskModule } from './lane-task.js';
import { probeProvider } from './provider-probe.js';
import { PRIORITY, yieldToMainThread } from '../threads/thread-priority.js';

if (parentPort === null) throw new Error('lane-worker runs as a worker thread');
const port = parentPort;
const settings = workerData as LaneStart;
const tell = (report: LaneReport): void => port.postMessage(report);

yieldToMainThread(PRIORITY.calculating);
/** Memory of large frames that this thread has looked at, and that nothing but its garbage keeps by now. */
const seen = new DroppedMemory();
let seenBytes = 0;
const tasks = new Map<string, LaneTask>();
if (await start()) serve();
else process.exitCode = 1;

async function start(): Promise<boolean> {
  try {
    await probeProvider(settings.provider);
    for (const { name, module, settings: own } of settings.tasks) {
      const { openLaneTask } = (await import(module)) as LaneTaskModule;
      tasks.set(name, await openLaneTask(own, settings));
    }
    tell({ kind: 'ready', models: [...tasks.values()].flatMap(({ models }) => models) });
    return true;
  } catch (error) {
    await closeTasks();
    tell({ kind: 'start-failed', message: messageOf(error) });
    return false;
  }
}

function serve(): void {
  // Jobs run one after another in the order they came, and what is told takes effect in that order too.
  let last = Promise.resolve();
  port.on('message', (command: LaneCommand) => {
    last = last.then(() => obey(command));
  });
}

async function obey(command: LaneCommand): Promise<void> {
  switch (command.kind) {
    case 'tell':
      taskNamed(command.task).tell?.(command.message);
      // Memory that was shared before, and is not any more, is not kept by this thread.
      collectGarbage();
      return;
    case 'close':
      await closeTasks();
      port.close();
      return;
    default:
      collectGarbageLater();
      seen.add(seenBytes);
      seenBytes = 0;
      try {
        tell(await work(command));
      } catch (error) {
        tell({ kind: 'job-failed', id: command.id, message: messageOf(error) });
      }
  }
}

async function work({ id, task, stage, items }: LaneJob): Promise<LaneReport> {
  const cost: JobCost = { inferMs: 0, matchMs: 0, batches: [] };
  const opened = taskNamed(task);
  seenBytes = opened.largeBytesOf?.(items) ?? 0;
  return { kind: 'done', id, answers: await opened.run(stage, items, cost), ...cost };
}

function taskNamed(name: string): LaneTask {
  const task = tasks.get(name);
  if (task === undefined) throw new Error(`this lane has no task ${name}`);
  return task;
}

async function closeTasks(): Promise<void> {
  await Promise.all([...tasks.values()].map((task) => task.close()));
}
