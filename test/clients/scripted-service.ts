// A small service to test the clients against: keeps to the wire contract by itself and does what a test scripts.
// Written on `ws` and `node:http` so that it shares no code with the real server.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Certificates } from './scripted-certificates.js';
import type { Refusal, ScriptedDoor } from './scripted-door.js';
import { ScriptedEvents } from './scripted-events.js';

const packr = new Packr({ useRecords: false, int64AsType: 'number' });

export type Message = Record<string, unknown>;
interface StreamAccount {
  received: number;
  ok: number;
  dropped: number;
  errors: number;
}

/** One connection as the test sees it. */
export interface ScriptedConnection {
  readonly socket: WebSocket;
  readonly protocol: string;
  readonly streams: Map<string, StreamAccount>;
  /** Streams whose results it follows, or `*`. */
  readonly results: Set<string>;
  readonly send: (message: Message) => void;
  /** Answers a frame as the contract has it, with the account kept. */
  answer(frame: Message, outcome?: Message): void;
}

export interface Script {
  readonly credits?: number;
  /** Who is let in; without it everybody. */
  readonly door?: ScriptedDoor;
  readonly tls?: Certificates;
  /** Path before all others, e.g. `/onlooker`. */
  readonly prefix?: string;
  /** Fields of the greeting that differ, or false: none is sent. */
  readonly hello?: Message | false;
  /** Return true when the message is dealt with; otherwise the contract's usual answer follows. */
  onMessage?(message: Message, connection: ScriptedConnection, raw: Buffer): boolean | undefined;
  onConnection?(connection: ScriptedConnection): void;
  /** HTTP; without it everything is 404. */
  onRequest?(request: IncomingMessage, response: ServerResponse): void;
}

export const OK_FACES = {
  status: 'ok',
  width: 640,
  height: 480,
  timing: { decode: 1, preprocess: 1, queue: 0, infer: 4, match: 0.1, total: 7 },
  model: 'scripted',
  gallery_version: 1,
  faces: [],
};

export class ScriptedService {
  readonly events: ScriptedEvents;
  readonly connections: ScriptedConnection[] = [];
  /** All that clients sent, in order. */
  readonly received: Message[] = [];
  readonly raw: Buffer[] = [];
  readonly #script: Script;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;

  /** @param events those of a service before it */
  static async start(script: Script = {}, port = 0, events = new ScriptedEvents()): Promise<ScriptedService> {
    const service = new ScriptedService(script, events);
    await new Promise<void>((resolve) => service.#http.listen(port, '127.0.0.1', resolve));
    return service;
  }

  private constructor(script: Script, events: ScriptedEvents) {
    this.#script = script;
    this.events = events;
    const onRequest = (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response);
    this.#http = script.tls
      ? createTlsServer({ cert: script.tls.cert, key: script.tls.key }, onRequest)
      : createServer(onRequest);
    this.#sockets = new WebSocketServer({
      server: this.#http,
      handleProtocols: (offered) => [...offered].find((name) => name.startsWith('onlooker.v1.')) ?? false,
      verifyClient: ({ req }, decide) => {
        const refusal = this.#refusalOf(req);
        if (!refusal) return decide(true);
        decide(false, refusal.status, bodyOf(refusal), { 'content-type': 'application/json', ...refusal.headers });
      },
    });
    this.#sockets.on('connection', (socket) => this.#onConnection(socket));
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }
  get url(): string {
    return `${this.#script.tls ? 'https' : 'http'}://127.0.0.1:${this.port}${this.#script.prefix ?? ''}`;
  }
  frames(): Message[] {
    return this.received.filter((message) => message.t === 'frame');
  }

  messages(t: string): Message[] {
    return this.received.filter((message) => message.t === t);
  }

  /** Tells a result to who follows its stream. */
  pass(result: Message): void {
    for (const { results, send } of this.connections) {
      if (results.has('*') || results.has(String(result.stream))) send({ t: 'result', ts: null, ...OK_FACES, ...result });
    }
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #onConnection(socket: WebSocket): void {
    const isJson = socket.protocol === 'onlooker.v1.json';
    const streams = new Map<string, StreamAccount>();
    const connection: ScriptedConnection = {
      socket,
      protocol: socket.protocol,
      streams,
      results: new Set(),
      send: (message) => socket.send(isJson ? JSON.stringify(message, bytesAsBase64) : packr.pack(message)),
      answer: (frame, outcome = OK_FACES) => {
        const account = streams.get(String(frame.stream));
        if (account) account[outcome.status === 'error' ? 'errors' : (outcome.status as 'ok' | 'dropped')] += 1;
        connection.send({ t: 'result', stream: frame.stream, seq: frame.seq, ts: frame.ts ?? null, ...outcome });
      },
    };
    this.connections.push(connection);
    socket.on('close', () => {
      connection.results.clear();
      this.events.leave({ streams: ['*'] }, connection.send);
    });
    socket.on('message', (raw: Buffer) => {
      const message = (isJson ? JSON.parse(raw.toString()) : packr.unpack(raw)) as Message;
      this.raw.push(raw);
      this.received.push(message);
      this.#onMessage(message, connection, raw);
    });
    if (this.#script.hello !== false)
      connection.send({
        t: 'hello',
        v: 1,
        session: `s${this.connections.length}`,
        server: 'scripted',
        limits: { max_frame_bytes: 5_242_880, max_pixels: 50_000_000, max_streams: 16 },
        tasks: ['faces', 'detect', 'embed'],
        models: [{ id: 'scripted', task: 'faces', version: '1', provider: 'none' }],
        ...this.#script.hello,
      });
    this.#script.onConnection?.(connection);
  }

  #onMessage(message: Message, connection: ScriptedConnection, raw: Buffer): void {
    const stream = String(message.stream);
    const account = connection.streams.get(stream);
    if (message.t === 'frame' && account) account.received += 1;
    if (this.#script.onMessage?.(message, connection, raw)) return;
    if (message.t === 'open') {
      connection.streams.set(stream, { received: 0, ok: 0, dropped: 0, errors: 0 });
      connection.send({
        t: 'opened',
        stream,
        task: message.task ?? 'faces',
        model: 'scripted',
        credits: this.#script.credits ?? 2,
      });
    } else if (message.t === 'frame') {
      if (account) connection.answer(message);
      else connection.send({ t: 'error', code: 'NO_STREAM', message: 'no such stream', stream, seq: message.seq });
    } else if (message.t === 'close' && account) {
      const finish = () => {
        // The frames in hand are answered first.
        if (account.ok + account.dropped + account.errors < account.received) return void setTimeout(finish, 5);
        connection.send({ t: 'closed', stream, reason: 'client', stats: account });
        connection.streams.delete(stream);
      };
      finish();
    } else if (message.t === 'subscribe') {
      connection.send({ t: 'subscribed', streams: message.streams });
      if (message.send !== 'events') for (const one of message.streams as string[]) connection.results.add(one);
      if (message.send !== 'frames') this.events.follow(message, connection.send);
    } else if (message.t === 'unsubscribe') {
      for (const one of message.streams as string[]) connection.results.delete(one);
      this.events.leave(message, connection.send);
    }
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const { prefix = '', door } = this.#script;
    if (!request.url?.startsWith(`${prefix}/v1/ws`)) return NOTHING_HERE;
    return door?.admit(request).refusal;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { prefix = '', door } = this.#script;
    const { refusal, answer } = request.url?.startsWith(prefix) ? (door?.admit(request) ?? {}) : { refusal: NOTHING_HERE };
    if (refusal) {
      request.resume();
      response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers }).end(bodyOf(refusal));
      return;
    }
    if (answer) return void response.end(JSON.stringify(answer));
    request.url = request.url?.slice(prefix.length) ?? '/';
    if (this.#script.onRequest) return this.#script.onRequest(request, response);
    response.writeHead(404, { 'content-type': 'application/json' }).end(bodyOf(NOTHING_HERE));
  }
}

const NOTHING_HERE: Refusal = { status: 404, error: { code: 'NOT_FOUND', message: 'nothing here' } };
const bodyOf = ({ error }: Refusal): string => JSON.stringify({ error });

function bytesAsBase64(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

/** A clock that only the test turns. */
export class FakeClock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly action: () => void }[] = [];
  readonly delays: number[] = [];

  nowMs(): number {
    return this.#nowMs;
  }
  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, action };
    this.#timers.push(timer);
    this.delays.push(delayMs);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }
  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.length;
  }
  /** Time goes by while the process stands: what fell due meanwhile runs when it goes on. */
  standStill(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { action } of due) action();
  }
  /** Lets time pass; what falls due runs in its order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const [next] = this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = next.atMs;
      next.action();
    }
    this.#nowMs = untilMs;
  }
}

/** Waits until `condition` holds, looking every few milliseconds. @throws Error after twenty seconds */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    if (waitedMs > 20_000) throw new Error(`${what} never came true`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
