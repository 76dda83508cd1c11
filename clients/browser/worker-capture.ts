// Takes pictures of a camera's track in a worker. The page's side of it; `capture-worker.ts` is the other.
import type { Capture, Picture } from './capture.js';
import { trackProcessor, type CaptureReply, type CaptureRequest } from './capture-protocol.js';

/** A worker that says nothing for so long is taken for one that the page's policy did not let run. */
const START_TIMEOUT_MS = 3_000;

export class WorkerCapture implements Capture {
  readonly kind = 'worker';
  readonly #worker: Worker;
  /** A copy: ending the capture must not end what the page shows. */
  readonly #track: MediaStreamTrack;
  #settle: ((picture: Picture | undefined) => void) | undefined;
  readonly #closed = new AbortController();

  /**
   * Resolves with undefined where the browser, or the page's policy, does not allow it.
   *
   * @param video shows the same track
   */
  static async start(track: MediaStreamTrack, video: HTMLVideoElement): Promise<WorkerCapture | undefined> {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./capture-worker.js', import.meta.url), { type: 'module' });
    } catch {
      // Of another origin, or forbidden.
      return undefined;
    }
    const copy = track.clone();
    const started = await startIn(worker, copy);
    if (started) return new WorkerCapture(worker, copy, track, video);
    worker.terminate();
    copy.stop();
    return undefined;
  }

  private constructor(worker: Worker, copy: MediaStreamTrack, track: MediaStreamTrack, video: HTMLVideoElement) {
    this.#worker = worker;
    this.#track = copy;
    // What the page asks of its track, such as more pixels, a copy is not asked by itself.
    const follow = (): void => void copy.applyConstraints(track.getConstraints()).catch(() => undefined);
    video.addEventListener('resize', follow, { signal: this.#closed.signal });
    worker.addEventListener('message', ({ data }: MessageEvent<CaptureReply>) => {
      if (data.t === 'picture') this.#answer(data);
      else if (data.t === 'ended') this.close();
    });
    worker.addEventListener('error', () => this.close());
  }

  take({ sidePx, quality }: { readonly sidePx: number; readonly quality: number }): Promise<Picture | undefined> {
    if (this.#closed.signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#settle = resolve;
      post(this.#worker, { t: 'take', sidePx, quality });
    });
  }

  close(): void {
    this.#closed.abort();
    this.#track.stop();
    this.#worker.terminate();
    this.#answer(undefined);
  }

  #answer(picture: Picture | undefined): void {
    const settle = this.#settle;
    this.#settle = undefined;
    if (settle) settle(picture);
    else picture?.image.close();
  }
}

function startIn(worker: Worker, track: MediaStreamTrack): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), START_TIMEOUT_MS);
    const settle = (isStarted: boolean) => {
      clearTimeout(timer);
      resolve(isStarted);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<CaptureReply>) => settle(data.t === 'started'), { once: true });
    worker.addEventListener('error', () => settle(false), { once: true });
    try {
      const Processor = trackProcessor();
      if (Processor) {
        const { readable: frames } = new Processor({ track });
        post(worker, { t: 'start', frames }, [frames]);
      } else post(worker, { t: 'start', track }, [track]);
    } catch {
      // This browser moves neither the frames nor the track.
      settle(false);
    }
  });
}

function post(worker: Worker, request: CaptureRequest, transfer: Transferable[] = []): void {
  worker.postMessage(request, transfer);
}
