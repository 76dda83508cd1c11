// A source under test with everything that came out of it: frames, states, log lines.
import { CameraSource, type CameraSourceOptions } from '../../pipeline/sources/camera-source.js';
import type { SourceFrame } from '../../pipeline/sources/newest-frame.js';
import type { StreamState, StreamStatus } from '../../protocol/streams.js';
import type { SourceSettings } from '../../pipeline/sources/source-settings.js';

export interface Watched {
  readonly source: CameraSource;
  readonly frames: (SourceFrame & { readonly receivedMs: number })[];
  readonly states: StreamStatus[];
  readonly logLines: string[];
  /** Waits for one more frame than there are. @returns it */
  readonly nextFrame: (timeoutMs?: number) => Promise<SourceFrame>;
  readonly becomes: (state: StreamState, timeoutMs?: number) => Promise<StreamStatus>;
}

const POLL_MS = 5;

/** Starts watching at once. */
export function watch(settings: Omit<SourceSettings, 'id'>, options: Partial<CameraSourceOptions> = {}): Watched {
  const frames: (SourceFrame & { receivedMs: number })[] = [];
  const states: StreamStatus[] = [];
  const logLines: string[] = [];
  const write = (fields: object, message: string): void => void logLines.push(JSON.stringify([message, fields]));
  const source = new CameraSource(
    { id: 'door', ...settings },
    {
      onFrame: (frame) => void frames.push({ ...frame, receivedMs: performance.now() }),
      onState: (change) => void states.push(change),
      rules: {},
      log: { info: write, warn: write, error: write },
      ...options,
    },
  );
  source.start();
  return {
    source,
    frames,
    states,
    logLines,
    async nextFrame(timeoutMs) {
      const count = frames.length;
      await until(
        () => frames.length > count,
        timeoutMs,
        () => `no frame; ${JSON.stringify(states)}`,
      );
      return frames[count] as SourceFrame;
    },
    async becomes(state, timeoutMs) {
      await until(
        () => source.state.state === state,
        timeoutMs,
        () => `never ${state}; ${JSON.stringify(states)}`,
      );
      return source.state;
    },
  };
}

export async function until(
  isTrue: () => boolean,
  timeoutMs = 30_000,
  message: () => string = () => 'it did not come',
): Promise<void> {
  const startMs = performance.now();
  while (!isTrue()) {
    if (performance.now() - startMs > timeoutMs) throw new Error(`after ${timeoutMs} ms: ${message()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
