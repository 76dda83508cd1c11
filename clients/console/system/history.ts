// What the charts show: the figures of the last minutes, one point every two seconds while somebody looks.
import { signal } from '@preact/signals';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { Figures, quantile, rate } from './figures.js';
import { parsePrometheus } from './prometheus.js';

const EVERY_MS = 2_000;
/** Five minutes. */
const MOST_POINTS = 150;
/** After a longer silence a line would tell what nobody measured. */
const GAP_MS = 3 * EVERY_MS;

export interface Point {
  /** Unix seconds. */
  readonly time: number;
  /** Frames a second, by outcome. */
  readonly ok: number | null;
  readonly dropped: number | null;
  readonly errors: number | null;
  /** Milliseconds in the service. */
  readonly median: number | null;
  readonly p95: number | null;
  readonly waiting: number | null;
  readonly inFlight: number | null;
  readonly lanesBusy: number | null;
  readonly memoryMb: number | null;
  /** Of one core; 200 is two of them. */
  readonly cpuPercent: number | null;
}

/** The newest figures; undefined before the first. */
export const figures = signal<Figures | undefined>(undefined);
export const points = signal<readonly Point[]>([]);
/** Why there are no new ones. */
export const figuresFailure = signal<string | undefined>(undefined);

/** Asks for figures while it is wanted. @returns how to stop */
export function watchFigures(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const next = async (): Promise<void> => {
    if (!document.hidden) await take();
    // Stopped while it was waited for.
    if (!isOver) timer = setTimeout(() => void next(), EVERY_MS);
  };
  void next();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

async function take(): Promise<void> {
  try {
    const now = new Figures(parsePrometheus(await http.metrics()), performance.now());
    const before = figures.value;
    figures.value = now;
    figuresFailure.value = undefined;
    if (before === undefined) return;
    const time = Date.now() / 1000;
    const gap = now.atMs - before.atMs > GAP_MS ? [gapAt(time - EVERY_MS / 1000)] : [];
    points.value = [...points.value, ...gap, pointOf(before, now, time)].slice(-MOST_POINTS);
  } catch (error) {
    figuresFailure.value = failureText(error);
  }
}

function pointOf(before: Figures, now: Figures, time: number): Point {
  const frames = (outcome: string) => rate(before, now, 'onlooker_frames_total', { outcome });
  const latency = (part: number) => {
    const seconds = quantile(before, now, 'onlooker_stage_seconds', { stage: 'total' }, part);
    return seconds === null ? null : seconds * 1000;
  };
  const cpu = rate(before, now, 'process_cpu_seconds_total');
  return {
    time,
    ok: frames('ok'),
    dropped: frames('dropped'),
    errors: frames('error'),
    median: latency(0.5),
    p95: latency(0.95),
    waiting: now.sum('onlooker_frames_waiting') + now.sum('onlooker_requests_waiting'),
    inFlight: now.sum('onlooker_frames_in_flight'),
    lanesBusy: now.sum('onlooker_lanes_busy'),
    memoryMb: now.sum('process_resident_memory_bytes') / 1e6,
    cpuPercent: cpu === null ? null : cpu * 100,
  };
}

function gapAt(time: number): Point {
  const none = { ok: null, dropped: null, errors: null, median: null, p95: null, waiting: null, inFlight: null };
  return { time, ...none, lanesBusy: null, memoryMb: null, cpuPercent: null };
}
