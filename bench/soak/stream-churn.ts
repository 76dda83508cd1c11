// Streams that come and go for as long as a soak lasts, and end in every way a camera does: closed, taken over by another
// connection, cut, or silent with the connection still there. Every frame of them is booked.
import { setTimeout as sleep } from 'node:timers/promises';
import { isSame, total } from '../load/load-figures.js';
import type { StreamAccount } from '../load/load-protocol.js';
import { SendingStream } from '../load/sending-stream.js';
import { cameraShow, type Reel } from '../material/reel.js';
import type { Random } from './random.js';

const ENDINGS = ['close', 'close', 'close', 'close', 'close', 'taken over', 'cut', 'cut', 'silent'] as const;
type Ending = (typeof ENDINGS)[number];
const TASKS = ['faces', 'faces', 'faces', 'detect', 'embed'] as const;
const LIFE_MS = { least: 5000, most: 40_000 } as const;
const SILENT_MS = { least: 3000, most: 75_000 } as const;
const PAUSE_MS = { least: 0, most: 500 } as const;

export interface ChurnSettings {
  readonly url: string;
  readonly reels: readonly Reel[];
  readonly slots: number;
  /** Frames a second of a stream, about. */
  readonly fps: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}
export interface ChurnReport {
  readonly streams: Readonly<Record<Ending, number>>;
  /** Of the streams that ended with an account of the service, by this side. */
  readonly accounted: StreamAccount;
  /** Streams whose account is another than the service's. */
  readonly wrong: number;
  /** Frames sent on streams that ended without one, and the results that were seen of them. */
  readonly unaccounted: StreamAccount;
  readonly latencyMs: readonly number[];
}

export class StreamChurn {
  readonly #settings: ChurnSettings;
  readonly #streams: Record<Ending, number> = { close: 0, 'taken over': 0, cut: 0, silent: 0 };
  readonly #accounted: StreamAccount[] = [];
  readonly #unaccounted: StreamAccount[] = [];
  readonly #latencyMs: number[] = [];
  #wrong = 0;

  constructor(settings: ChurnSettings) {
    this.#settings = settings;
  }

  /** Ends when the signal does and every stream is over. */
  async run(): Promise<ChurnReport> {
    await Promise.all(Array.from({ length: this.#settings.slots }, (_, slot) => this.#fill(slot)));
    return {
      streams: this.#streams,
      accounted: total(this.#accounted),
      wrong: this.#wrong,
      unaccounted: total(this.#unaccounted),
      latencyMs: this.#latencyMs,
    };
  }

  async #fill(slot: number): Promise<void> {
    const { signal, random } = this.#settings;
    for (let life = 0; !signal.aborted; life++) {
      await this.#live(`soak-${slot}`, slot + life);
      await this.#pause(random.between(PAUSE_MS.least, PAUSE_MS.most));
    }
  }

  async #live(id: string, camera: number): Promise<void> {
    const { reels, slots, fps, random, signal } = this.#settings;
    const ending = signal.aborted ? 'close' : random.oneOf(ENDINGS);
    const stream = await this.#open(id);
    const show = cameraShow(reels, camera, slots);
    const intervalMs = 1000 / (fps * random.oneOf([0.5, 1, 1.5]));
    const endMs = performance.now() + random.between(LIFE_MS.least, LIFE_MS.most);
    for (let count = 0; performance.now() < endMs && !signal.aborted && stream.isOpen; count++) {
      stream.send(show(count), performance.now());
      await this.#pause(intervalMs);
    }
    await this.#end(stream, id, signal.aborted ? 'close' : ending);
  }

  async #end(stream: SendingStream, id: string, ending: Ending): Promise<void> {
    this.#streams[ending]++;
    if (ending === 'cut' || ending === 'silent') {
      if (ending === 'silent') {
        stream.goDeaf();
        await this.#pause(this.#settings.random.between(SILENT_MS.least, SILENT_MS.most));
      }
      await stream.cut();
      this.#unaccounted.push(stream.account);
      return;
    }
    if (ending === 'taken over') {
      // What is sent on a stream that is another's by then is no frame: so everything is answered first.
      await stream.settled();
      const successor = await this.#open(id);
      await this.#book(successor);
    }
    await this.#book(stream);
  }

  async #book(stream: SendingStream): Promise<void> {
    const stats = await stream.close();
    if (stats === undefined || !isSame(stats, stream.account)) this.#wrong++;
    this.#accounted.push(stream.account);
  }

  #open(stream: string): Promise<SendingStream> {
    const { url, random } = this.#settings;
    const fields = { task: random.oneOf(TASKS), send: 'frames', tracking: String(random.next() < 0.75) };
    const onResult = (_: unknown, dueMs: number): void => void this.#latencyMs.push(performance.now() - dueMs);
    return SendingStream.open({ url, stream, fields, onResult });
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#settings.signal }).catch(() => undefined);
  }
}
