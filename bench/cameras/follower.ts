// Follows every stream of a service as a user of its events would, and notes when each message was there.
import { OnlookerClient, type KeptEvent, type Subscription } from '../../clients/client.js';
import type { NamedFace, Timing } from '../../protocol/payloads.js';
import { sharedClockMs } from './camera-protocol.js';

export interface SeenResult {
  readonly seq: number;
  readonly atMs: number;
  readonly status: 'ok' | 'dropped' | 'error';
  readonly faces: number;
  /** Names in it. */
  readonly named: readonly string[];
  readonly timing: Timing | null;
}
export interface SeenEvent {
  readonly event: KeptEvent;
  readonly atMs: number;
}

const WAIT_MS = 30_000;

export class Follower {
  readonly #client: OnlookerClient;
  readonly #subscription: Subscription;
  readonly #reading: Promise<void>;
  #events: SeenEvent[] = [];
  #results = new Map<string, SeenResult[]>();
  #wake: () => void = () => undefined;

  private constructor(client: OnlookerClient, subscription: Subscription) {
    this.#client = client;
    this.#subscription = subscription;
    this.#reading = this.#read();
  }

  static async of(url: string, send: 'events' | 'both'): Promise<Follower> {
    const client = await OnlookerClient.connect(url, { reconnect: false });
    return new Follower(client, await client.subscribe({ streams: ['*'], send }));
  }

  /** Results that came too fast for this side; latencies are then not to be trusted. */
  get superseded(): number {
    return this.#subscription.counts.superseded;
  }

  /** @throws Error when it does not come */
  async event(stream: string, kind: KeptEvent['kind']): Promise<SeenEvent> {
    const giveUpAtMs = sharedClockMs() + WAIT_MS;
    for (;;) {
      const found = this.#events.find(({ event }) => event.stream === stream && event.kind === kind);
      if (found !== undefined) return found;
      const leftMs = giveUpAtMs - sharedClockMs();
      if (leftMs <= 0) throw new Error(`no ${kind} of ${stream}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** What came of a stream, in order. */
  results(stream: string): readonly SeenResult[] {
    return this.#results.get(stream) ?? [];
  }

  forget(): void {
    this.#events = [];
    this.#results = new Map();
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const message of this.#subscription) {
      const atMs = sharedClockMs();
      if (message.t === 'event') this.#events.push({ event: message, atMs });
      else {
        // Cameras of the benchmarks have the default task.
        const faces = message.status === 'ok' && 'faces' in message ? (message.faces as readonly NamedFace[]) : [];
        const named = faces.flatMap(({ person }) => (person === null ? [] : [person.name]));
        const timing = message.status === 'ok' ? message.timing : null;
        const seen = { seq: message.seq, atMs, status: message.status, faces: faces.length, named, timing };
        const before = this.#results.get(message.stream);
        if (before === undefined) this.#results.set(message.stream, [seen]);
        else before.push(seen);
      }
      this.#wake();
    }
  }
}
