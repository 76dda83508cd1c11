// Loaded into the service's process before the service (`--import`): notes each time the main thread came late to a timer, and
// how much of that it stood ready without a processor. What is left is work of its own, or waiting for the disk. Linux alone.
import { appendFileSync, openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const TICK_MS = 5;
/** Less is not worth a line. */
const LATE_MS = 5;
const NS_PER_MS = 1e6;

const file = process.env['STALLS_FILE'];
if (isMainThread && file !== undefined) watch(file);

/** Lines of `late <Unix ms> <late ms> <of that without a processor, ms>` and `gc <Unix ms> <ms>`. */
function watch(report: string): void {
  const schedstat = openSync('/proc/thread-self/schedstat', 'r');
  const buffer = Buffer.alloc(128);
  const withoutProcessorMs = (): number => {
    const bytes = readSync(schedstat, buffer, 0, buffer.length, 0);
    return Number(buffer.toString('latin1', 0, bytes).split(' ')[1]) / NS_PER_MS;
  };
  const tell = (kind: string, ...figures: readonly number[]): void =>
    appendFileSync(report, `${kind} ${figures.map((value) => value.toFixed(2)).join(' ')}\n`);
  let lastMs = performance.now();
  let waitedMs = withoutProcessorMs();
  setInterval(() => {
    const lateMs = performance.now() - lastMs - TICK_MS;
    if (lateMs > LATE_MS) tell('late', Date.now(), lateMs, Math.min(lateMs, withoutProcessorMs() - waitedMs));
    waitedMs = withoutProcessorMs();
    lastMs = performance.now();
  }, TICK_MS).unref();
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (duration > LATE_MS) tell('gc', performance.timeOrigin + startTime, duration);
    }
  }).observe({ entryTypes: ['gc'] });
}
