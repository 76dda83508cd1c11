// How late the main thread comes to what is due, for Prometheus: what holds it holds every client. It only looks.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** A timer so often, whose lateness is what is measured: a shorter delay may fall between two of them. */
const RESOLUTION_MS = 5;
const NS_PER_MS = 1e6;
const MS_PER_S = 1000;

/** Adds `onlooker_event_loop_delay_seconds`. Its timer keeps no process alive. */
export function addEventLoopDelay(registry: Registry): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // What is recorded is the time from one run of the timer to the next.
  const delayS = (recordedNs: number): number =>
    Number.isFinite(recordedNs) ? Math.max(0, recordedNs / NS_PER_MS - RESOLUTION_MS) / MS_PER_S : 0;
  const gauge: Gauge = new Gauge({
    name: 'onlooker_event_loop_delay_seconds',
    help: 'How late the main thread came to its timers since the last scrape (`mean`, `p99`, `max`), to within 5 ms: held by work of its own, or kept from the processor by others.',
    labelNames: ['statistic'],
    registers: [registry],
    collect: () => {
      const isEmpty = histogram.count === 0;
      gauge.set({ statistic: 'mean' }, isEmpty ? 0 : delayS(histogram.mean));
      gauge.set({ statistic: 'p99' }, isEmpty ? 0 : delayS(histogram.percentile(99)));
      gauge.set({ statistic: 'max' }, isEmpty ? 0 : delayS(histogram.max));
      histogram.reset();
    },
  });
}
