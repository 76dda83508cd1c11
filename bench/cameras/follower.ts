// Follows every stream of a service, and notes when each message was there. Speaks the wire contract without our client,
// which keeps only the newest of results that come together: here every one counts.
import { once } from 'node:events';
import { pack, unpack } from 'msgpackr';
import { WebSocket } from 'ws';
import type { KeptEvent } from '../../protocol/events.js';
import { SUBPROTOCOL_MSGPACK, type ServerMessage, type SubscribeMessage } from '../../protocol/messages.js';
import type { NamedFace } from '../../protocol/payloads.js';
import { sharedClockMs } from './camera-protocol.js';

export interface SeenResult {
  readonly seq: number;
  readonly atMs: number;
  readonly status: 'ok' | 'dropped' | 'error';
  readonly faces: number;
  /** Names in it. */
  readonly named: readonly string[];
}
export interface SeenEvent {
  readonly event: KeptEvent;
  readonly atMs: number;
}

const WAIT_MS = 30_000;

export class Follower {
  readonly #socket: WebSocket;
  #events: SeenEvent[] = [];
  #results = new Map<string, SeenResult[]>();
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(unpack(data) as ServerMessage, sharedClockMs()));
  }

  /** @param url of the service's WebSocket */
  static async of(url: string, send: 'events' | 'both'): Promise<Follower> {
    const socket = new WebSocket(url, SUBPROTOCOL_MSGPACK);
    await once(socket, 'open');
    const follower = new Follower(socket);
    socket.send(pack({ t: 'subscribe', streams: ['*'], send } satisfies SubscribeMessage));
    return follower;
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
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #take(message: ServerMessage, atMs: number): void {
    if (message.t === 'event') this.#events.push({ event: message, atMs });
    if (message.t === 'result') {
      // Cameras of the benchmarks have the default task.
      const faces = message.status === 'ok' && 'faces' in message ? (message.faces as readonly NamedFace[]) : [];
      const named = faces.flatMap(({ person }) => (person === null ? [] : [person.name]));
      const seen = { seq: message.seq, atMs, status: message.status, faces: faces.length, named };
      const before = this.#results.get(message.stream);
      if (before === undefined) this.#results.set(message.stream, [seen]);
      else before.push(seen);
    }
    this.#wake();
  }
}
