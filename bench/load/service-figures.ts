// The service's own account, out of its metrics and its list of models.
import { createHttpClient } from '../../clients/http-client.js';
import { keyHeaders } from '../shown-key.js';
import type { StreamAccount } from './load-protocol.js';

export interface ServiceFigures extends StreamAccount {
  /** Processor time of its process since it started, all threads. */
  readonly cpuMs: number;
  readonly residentMiB: number;
  /** How long its event loop was held up since the figures were last asked for; null where it does not tell. */
  readonly eventLoop: EventLoopDelay | null;
}
export interface EventLoopDelay {
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const MIB = 2 ** 20;

/** Every metric by its name and labels. @param url of the service, e.g. `http://127.0.0.1:8080` */
export async function serviceMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(new URL('/metrics', url), { headers: keyHeaders() })).text();
  const metrics = new Map<string, number>();
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (!line.startsWith('#') && space > 0) metrics.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return metrics;
}

/** @param url of the service, e.g. `http://127.0.0.1:8080` */
export async function serviceFigures(url: string): Promise<ServiceFigures> {
  const figures = await serviceMetrics(url);
  const of = (name: string): number => {
    const value = figures.get(name);
    if (value === undefined) throw new Error(`the service has no metric ${name}`);
    return value;
  };
  return {
    received: of('onlooker_frames_received_total'),
    ok: of('onlooker_frames_total{outcome="ok"}'),
    dropped: of('onlooker_frames_total{outcome="dropped"}'),
    errors: of('onlooker_frames_total{outcome="error"}'),
    cpuMs: of('process_cpu_seconds_total') * 1000,
    residentMiB: of('process_resident_memory_bytes') / MIB,
    eventLoop: eventLoopOf(figures),
  };
}

function eventLoopOf(figures: ReadonlyMap<string, number>): EventLoopDelay | null {
  const [mean, p99, max] = ['mean', 'p99', 'max'].map((which) =>
    figures.get(`onlooker_event_loop_delay_seconds{statistic="${which}"}`),
  );
  if (mean === undefined || p99 === undefined || max === undefined) return null;
  return { meanMs: mean * 1000, p99Ms: p99 * 1000, maxMs: max * 1000 };
}

/** What really runs the models, as the service tells it: one provider, unless models differ. */
export async function liveProvider(url: string): Promise<string> {
  const models = await createHttpClient(url, { headers: keyHeaders() }).models();
  return [...new Set(models.map(({ provider }) => provider))].join(', ');
}
