// All registered streams: what is kept of them and what runs of them, always in step. One camera costs the others nothing:
// each has its own source, and all share the pipeline in fair turns.
import { isDeepStrictEqual } from 'node:util';
import { OnlookerError } from '../../protocol/errors.js';
import type { NewEvent } from '../../protocol/events.js';
import type {
  NewStream,
  StreamAnswer,
  StreamChangeCounts,
  StreamPatch,
  StreamStatus,
  StreamTest,
} from '../../protocol/streams.js';
import type { FrameResult } from '../streams/frame-result.js';
import type { Pipeline } from '../pipeline.js';
import type { PipelineLog } from '../pipeline-log.js';
import { withSecrets } from '../registry/hidden-secrets.js';
import type { StoredStream, StreamRegistry } from '../registry/stream-registry.js';
import type { ProbedSource } from '../sources/probe-source.js';
import { CameraSource } from '../sources/camera-source.js';
import { tryConfinement } from '../sources/confinement.js';
import { checkHost, parseAddress, type AddressRules } from '../sources/source-address.js';
import { SOURCE_LIMITS, type SourceLimits } from '../sources/source-settings.js';
import { SerialQueue } from '../store/serial-queue.js';
import { Camera, type AnsweredPicture } from './camera.js';
import { defined, sourceSettings, streamOptions } from './camera-settings.js';
import { SourceTests } from './source-tests.js';
import { added, NO_CHANGES } from './stream-changes.js';

export interface CamerasOptions {
  readonly registry: StreamRegistry;
  readonly pipeline: Pipeline;
  readonly rules: AddressRules;
  readonly limits?: Partial<SourceLimits>;
  /** Whether faces are followed. */
  readonly tracking: boolean;
  readonly onEvents: (events: readonly NewEvent[]) => void;
  readonly onResult: (stream: string, result: FrameResult) => void;
  /** Told before a stream becomes a camera's and after it is one no more. */
  readonly onClaim: (stream: string) => void;
  readonly onRelease: (stream: string) => void;
  readonly log: PipelineLog;
}

const DISABLED = { state: 'disabled', reason: null } as const;

export class Cameras {
  readonly #options: CamerasOptions;
  readonly #running = new Map<string, Camera>();
  /** Changes come one after the other, so that what is kept and what runs stay in step. */
  readonly #changes = new SerialQueue();
  readonly #tests: SourceTests;
  #isClosing = false;
  /** Of those that run no more. */
  #pastChanges = NO_CHANGES;

  private constructor(options: CamerasOptions) {
    this.#options = options;
    this.#tests = new SourceTests(options.rules, options.limits ?? {}, options.log);
  }

  /** Takes up every stream that is registered and enabled. */
  static start(options: CamerasOptions): Cameras {
    const cameras = new Cameras(options);
    // Found out beforehand: the first camera does not wait for it.
    void tryConfinement(options.log);
    for (const stored of options.registry.all()) {
      options.onClaim(stored.stream.id);
      cameras.#run(stored);
    }
    return cameras;
  }

  /** @returns a page of them by id */
  list(
    page: { readonly limit: number; readonly after?: string },
    sees?: (stream: string) => boolean,
  ): {
    readonly streams: readonly StreamAnswer[];
    readonly next?: string;
  } {
    const { streams, next } = this.#options.registry.list(page, sees);
    return { streams: streams.map((stored) => this.#answer(stored)), ...(next === undefined ? {} : { next }) };
  }

  /** @throws OnlookerError NOT_FOUND */
  get(id: string): StreamAnswer {
    return this.#answer(this.#stored(id));
  }

  /** @throws OnlookerError BAD_MESSAGE, STREAM_EXISTS, LIMIT_REACHED, MODEL_UNAVAILABLE, DRAINING */
  add(stream: NewStream): Promise<StreamAnswer> {
    return this.#inTurn(async () => {
      const stored = await this.#options.registry.create(stream, (candidate) => this.#check(candidate));
      this.#options.onClaim(stored.stream.id);
      this.#run(stored);
      return this.#answer(stored);
    });
  }

  /**
   * Opens an address once, without registering it.
   * @returns its first picture, a JPEG, and what it sends
   * @throws OnlookerError BAD_MESSAGE, SOURCE_FAILED with the reason, OVERLOADED, NOT_FOUND, DRAINING
   */
  async test({ url, stream, transport, width, aspect, rotate, flip }: StreamTest): Promise<ProbedSource> {
    const kept = stream === undefined ? undefined : this.#stored(stream).url;
    const settings = defined({ transport, widthPx: width, aspect, rotate, flip });
    return this.#tests.firstPicture({ url: withSecrets(url, kept), ...settings });
  }

  /** Changes it, and begins anew where something changed. @throws OnlookerError as `add`, and NOT_FOUND */
  change(id: string, patch: StreamPatch): Promise<StreamAnswer> {
    return this.#inTurn(async () => {
      const before = this.#options.registry.get(id);
      const stored = await this.#options.registry.patch(id, patch, (candidate) => this.#check(candidate));
      // One that is left alone after refused logins is asked anew by any change, also by one to the same values.
      const isLeftAlone = this.#running.get(id)?.isLockedOut === true;
      if (before !== undefined && isSame(before, stored) && !isLeftAlone) return this.#answer(stored);
      await this.#end(id);
      this.#run(stored);
      return this.#answer(stored);
    });
  }

  /** @throws OnlookerError NOT_FOUND */
  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#options.registry.delete(id);
      await this.#end(id);
      this.#options.onRelease(id);
    });
  }

  /** The newest picture, or the newest that was answered, with its answer. @throws OnlookerError NOT_FOUND, SOURCE_FAILED while there is none */
  picture(id: string): { readonly jpeg: Uint8Array; readonly answered: AnsweredPicture | null } {
    this.#stored(id);
    const camera = this.#running.get(id);
    const jpeg = camera?.latest ?? null;
    if (camera === undefined || jpeg === null) {
      throw new OnlookerError('SOURCE_FAILED', `There is no picture of this stream: ${stateText(this.get(id))}.`);
    }
    return { jpeg, answered: camera.answered };
  }

  /** How many are in each state. */
  states(): ReadonlyMap<StreamStatus['state'], number> {
    const counts = new Map<StreamStatus['state'], number>();
    for (const stored of this.#options.registry.all()) {
      const { state } = this.#answer(stored);
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
  }

  /** How many of those that run show the same picture all the time, and come and go all the time. */
  get unsteady(): { readonly frozen: number; readonly flapping: number } {
    const cameras = [...this.#running.values()];
    return {
      frozen: cameras.filter(({ frozenSince }) => frozenSince !== null).length,
      flapping: cameras.filter(({ changes }) => changes.isFlapping).length,
    };
  }

  /** What happened to all streams since the start. */
  get changes(): StreamChangeCounts {
    return [...this.#running.values()].reduce((sum, { changes }) => added(sum, changes.counts), this.#pastChanges);
  }

  /** Ends every source and answers what is in hand. What is registered stays so. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#tests.close();
    await this.#changes.run(async () => {
      await Promise.all([...this.#running.keys()].map((id) => this.#end(id)));
    });
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    return this.#changes.run(() => {
      if (this.#isClosing) throw new OnlookerError('DRAINING');
      return change();
    });
  }

  /** @throws OnlookerError for a stream that could never run */
  #check(stored: StoredStream): void {
    const { pipeline, rules } = this.#options;
    pipeline.modelFor(streamOptions(stored.stream, null));
    checkHost(parseAddress(stored.url, rules), rules);
    new CameraSource(sourceSettings(stored), { rules, onFrame: () => undefined, onState: () => undefined });
  }

  #run(stored: StoredStream): void {
    const { pipeline, rules, limits = {}, log, tracking, onEvents, onResult } = this.#options;
    const { id, enabled } = stored.stream;
    if (!enabled) return;
    // Its pictures were bounded when they came in; what clients may send is another matter.
    const { maxFrameBytes } = { ...SOURCE_LIMITS, ...limits };
    try {
      const camera = new Camera({
        source: sourceSettings(stored),
        rules,
        limits,
        log,
        open: (deliver, onScene) =>
          pipeline.openStream({ ...streamOptions(stored.stream, tracking ? onEvents : null), maxFrameBytes, onScene }, deliver),
        onResult: (result) => onResult(id, result),
        onEvent: (event) => onEvents([event]),
      });
      this.#running.set(id, camera);
      camera.start();
    } catch (error) {
      // One that was registered under other settings of the service; it shows as disabled.
      log.warn({ stream: id, err: error }, 'a registered stream cannot run');
    }
  }

  async #end(id: string): Promise<void> {
    const camera = this.#running.get(id);
    if (camera === undefined) return;
    await camera.close();
    this.#running.delete(id);
    this.#pastChanges = added(this.#pastChanges, camera.changes.counts);
  }

  /** @throws OnlookerError NOT_FOUND */
  #stored(id: string): StoredStream {
    const stored = this.#options.registry.get(id);
    if (stored === undefined) throw new OnlookerError('NOT_FOUND', 'There is no such stream.');
    return stored;
  }

  #answer({ stream }: StoredStream): StreamAnswer {
    const camera = this.#running.get(stream.id);
    if (camera === undefined) {
      const reason = stream.enabled ? 'it cannot run with the settings of the service' : null;
      return { ...stream, ...DISABLED, reason, since: stream.updated_at };
    }
    return {
      ...{ ...stream, ...camera.status, format: camera.format },
      frames: { ...camera.stats, skipped: camera.counts.dropped },
      frozen_since: camera.frozenSince,
      changes: camera.changes.counts,
      flapping: camera.changes.isFlapping,
    };
  }
}

/** Whether nothing of it was changed but the time of the change: it goes on undisturbed. */
function isSame(before: StoredStream, after: StoredStream): boolean {
  const { updated_at } = before.stream;
  return isDeepStrictEqual(before, { ...after, stream: { ...after.stream, updated_at } });
}

function stateText({ state, reason }: StreamStatus): string {
  return reason === null ? state : `${state} (${reason})`;
}
