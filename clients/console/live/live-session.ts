// One choice of the live view at work: opens its source, keeps what the view shows of it at a pace that can be read, and
// closes it. Frames themselves go straight to whoever draws, at their own pace.
import { signal } from '@preact/signals';
import type { Timing } from '../../../protocol/payloads.js';
import { checkSession } from '../app/session.js';
import { DeviceSource } from './device-source.js';
import type { LiveResult } from './live-result.js';
import { RegisteredSource } from './registered-source.js';
import type { Choice, LiveFigures, LiveFrame, LiveListener, LiveSource, LiveState } from './live-source.js';

/** Where a frame's time went, in ms; `way` is the network's and the browser's part. */
export type StageTimes = Omit<Timing, 'total'> & { readonly way: number };
export const STAGES = ['decode', 'preprocess', 'queue', 'infer', 'match', 'way'] as const;
/** So many columns of half a second each. */
export const MOST_SAMPLES = 60;

const TICK_MS = 500;
/** Faster than this nobody reads. */
const FACES_MS = 200;

const NO_FIGURES: LiveFigures = { fps: 0, droppedLately: 0, dropped: 0 };

export class LiveSession {
  readonly state = signal<LiveState>({ is: 'opening' });
  /** What was found in the newest frame; undefined before there was one. */
  readonly found = signal<LiveResult | undefined>(undefined);
  readonly figures = signal<LiveFigures>(NO_FIGURES);
  /** Means over each tick, oldest first; undefined for one without an answer. */
  readonly stages = signal<readonly (StageTimes | undefined)[]>([]);
  readonly source = signal<LiveSource | undefined>(undefined);
  readonly #abort = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #drawers = new Set<(frame: LiveFrame) => void>();
  #newest: LiveFrame | undefined;
  #facesMs = 0;
  #times: StageTimes[] = [];

  constructor(choice: Choice) {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    const listener: LiveListener = {
      onFrame: (frame) => this.#onFrame(frame),
      onState: (state) => {
        if (this.#abort.signal.aborted) return;
        this.state.value = state;
        // It may have failed since nobody is signed in any more.
        if (state.is === 'failed') void checkSession();
      },
    };
    if (choice.kind === 'camera') this.state.value = { is: 'asking' };
    void this.#open(choice, listener);
  }

  /** The newest frame; its picture may be gone. */
  get newest(): LiveFrame | undefined {
    return this.#newest;
  }

  /** Hears of every frame as it comes. @returns how to stop */
  onFrame(drawer: (frame: LiveFrame) => void): () => void {
    this.#drawers.add(drawer);
    return () => void this.#drawers.delete(drawer);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#abort.abort(new Error('closed'));
    await this.source.value?.close();
  }

  async #open(choice: Choice, listener: LiveListener): Promise<void> {
    const { signal } = this.#abort;
    try {
      const source =
        choice.kind === 'stream' ? RegisteredSource.open(choice.id, listener) : DeviceSource.open(choice, listener, signal);
      const opened = await source;
      if (signal.aborted) await opened.close();
      else this.source.value = opened;
    } catch (error) {
      if (!signal.aborted) this.state.value = { is: 'failed', error };
    }
  }

  #onFrame(frame: LiveFrame): void {
    this.#newest = frame;
    const { total, ...stages } = frame.result.timing;
    this.#times.push({ ...stages, way: Math.max(0, (frame.roundTripMs ?? total) - total) });
    for (const draw of this.#drawers) draw(frame);
    const nowMs = performance.now();
    if (nowMs - this.#facesMs < FACES_MS) return;
    this.#facesMs = nowMs;
    this.found.value = frame.result;
  }

  #tick(): void {
    this.figures.value = this.source.value?.figures ?? NO_FIGURES;
    const times = this.#times.splice(0);
    this.stages.value = [...this.stages.value, times.length === 0 ? undefined : meanOf(times)].slice(-MOST_SAMPLES);
    // What was left out for being too soon is shown now.
    if (times.length > 0) this.found.value = this.#newest?.result;
    else if (this.state.value.is !== 'live') this.found.value = undefined;
  }
}

function meanOf(times: readonly StageTimes[]): StageTimes {
  const mean = (stage: (typeof STAGES)[number]) => times.reduce((sum, time) => sum + time[stage], 0) / times.length;
  return {
    decode: mean('decode'),
    preprocess: mean('preprocess'),
    queue: mean('queue'),
    infer: mean('infer'),
    match: mean('match'),
    way: mean('way'),
  };
}
