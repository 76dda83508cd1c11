// The service's own account, out of its metrics.

export interface ServiceFigures {
  readonly received: number;
  readonly ok: number;
  readonly dropped: number;
  readonly errors: number;
  /** Processor time of its process since it started, all threads. */
  readonly cpuMs: number;
  readonly residentMiB: number;
}

const MIB = 2 ** 20;

/** Every metric by its name and labels. @param url of the service, e.g. `http://127.0.0.1:8080` */
export async function serviceMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(new URL('/metrics', url))).text();
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
  };
}
