// One client's connection: its streams, its messages, its end. Every message that comes is answered, whatever is wrong
// with it; what throws here is one `error` message and never the end of the connection.
//
//   opened ──frame──▶ opened ──close, taken over, draining──▶ closing ──last result out──▶ closed (forgotten)
import { randomUUID } from 'node:crypto';
import { OnlookerError } from '../../protocol/errors.js';
import {
  closeSchema,
  frameSchema,
  openFieldsSchema,
  PROTOCOL_VERSION,
  subscribeSchema,
  unsubscribeSchema,
  type ClientMessage,
  type OpenFields,
  type ResultMessage,
} from '../../protocol/messages.js';
import { streamIdSchema } from '../../protocol/stream-fields.js';
import type { CloseReason, DropReason } from '../../protocol/payloads.js';
import type { Pipeline, PipelineStream } from '../../pipeline/pipeline.js';
import type { Limits } from '../access/limits.js';
import { assertMay, assertMayTouch, type Principal } from '../access/principal.js';
import type { Right } from '../access/rights.js';
import type { Logger } from '../logger.js';
import type { Metrics } from '../metrics/metrics.js';
import type { ServiceState } from '../service-state.js';
import type { StreamFeed } from '../stream-feed.js';
import type { Settings } from '../settings.js';
import { validated } from '../../protocol/validated.js';
import { withoutNulls } from '../without-nulls.js';
import { SERVER_NAME } from '../version.js';
import { streamOptions } from '../stream-options.js';
import type { Codec, Fields } from './codec.js';
import { ALL } from './followed-streams.js';
import type { Outbox } from './outbox.js';
import type { StreamOwner, StreamOwners } from './stream-owners.js';
import { Subscriptions } from './subscriptions.js';

/** Close code of a connection that cannot keep a promise any more. */
const INTERNAL_ERROR = 1011;

export interface ConnectionContext {
  readonly settings: Pick<Settings, 'maxFrameBytes' | 'maxPixels' | 'maxStreams' | 'tracking'>;
  readonly state: ServiceState;
  readonly owners: StreamOwners;
  readonly feed: StreamFeed;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits: Limits;
}

/** Whose connection it is, and what it speaks. */
interface Client {
  readonly principal: Principal;
  readonly address: string;
  readonly codec: Codec;
}

interface OpenStream {
  readonly id: string;
  readonly frames: PipelineStream;
  lastSeq: number;
  /** Set once it ends: resolves when its `closed` has been sent. */
  closing: Promise<void> | null;
}

/** What it takes to have a message acted on. An image by itself is one of a stream that was opened with the right to. */
const RIGHT_OF_MESSAGE = {
  open: 'feed',
  frame: 'feed',
  close: 'feed',
  subscribe: 'view',
  unsubscribe: 'view',
} as const satisfies Record<ClientMessage['t'], Right>;
const RIGHTS: ReadonlyMap<string, Right> = new Map(Object.entries(RIGHT_OF_MESSAGE));

export class Connection implements StreamOwner {
  readonly principal: Principal;
  readonly session = randomUUID();
  readonly #context: ConnectionContext;
  readonly #address: string;
  readonly #codec: Codec;
  readonly #outbox: Outbox;
  readonly #streams = new Map<string, OpenStream>();
  #subscriptions: Subscriptions | null = null;

  constructor(context: ConnectionContext, { principal, address, codec }: Client, outbox: Outbox) {
    this.#context = context;
    this.principal = principal;
    this.#address = address;
    this.#codec = codec;
    this.#outbox = outbox;
  }

  /** Greets, and opens the stream that the address named. */
  start(pipeline: Pipeline, shortcut: OpenFields | null): void {
    const { maxFrameBytes, maxPixels, maxStreams } = this.#context.settings;
    this.#outbox.send({
      t: 'hello',
      v: PROTOCOL_VERSION,
      session: this.session,
      server: SERVER_NAME,
      limits: { max_frame_bytes: maxFrameBytes, max_pixels: maxPixels, max_streams: maxStreams },
      tasks: pipeline.tasks,
      models: pipeline.models.map(({ id, task, version, provider }) => ({ id, task, version, provider })),
    });
    if (shortcut !== null) this.#answering({ stream: shortcut.stream }, () => this.#open(shortcut));
  }

  /** @param message valid during this call alone @param receivedAtMs `performance.now()` */
  receive(message: ArrayBuffer, isBinary: boolean, receivedAtMs = performance.now()): void {
    let fields: Fields | undefined;
    try {
      const decoded = this.#codec.decode(message, isBinary);
      if (decoded.t === undefined) {
        const stream = this.#onlyStream();
        fields = { t: 'frame', stream: stream.id };
        this.#push(stream, decoded.rawImage, {}, receivedAtMs);
        return;
      }
      fields = decoded;
      this.#handle(fields, receivedAtMs);
    } catch (error) {
      this.#refuse(error, fields ?? {});
    }
  }

  /** Messages were not looked at, since they come faster than they can be handled. */
  rateLimited(retryAfterMs: number, messages: number): void {
    this.#outbox.send({
      t: 'error',
      code: 'RATE_LIMITED',
      message: 'Messages come faster than they can be handled: some were not looked at.',
      retry_after_ms: retryAfterMs,
      messages,
    });
  }

  takenOver(stream: string): void {
    const open = this.#streams.get(stream);
    if (open !== undefined) void this.#close(open, 'superseded', 'taken_over');
  }

  /** Ends every stream as the shutdown wants it. Resolves when the last `closed` is out. */
  async drain(): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => this.#close(stream, 'draining', 'draining')));
  }

  /** The socket is closed: what waits is dropped, what is at work is still counted. */
  gone(): void {
    this.#subscriptions?.close();
    for (const stream of this.#streams.values()) void this.#close(stream, 'superseded', 'client');
  }

  /** @throws OnlookerError FORBIDDEN and whatever else is wrong with a message */
  #handle(fields: Fields, receivedAtMs: number): void {
    const right = RIGHTS.get(fields.t);
    if (right !== undefined) assertMay(this.principal, right);
    switch (fields.t) {
      case 'frame':
        return this.#frame(fields, receivedAtMs);
      case 'open':
        return this.#open(validated(openFieldsSchema, withoutNulls(fields)));
      case 'close':
        void this.#close(this.#stream(validated(closeSchema, fields).stream), 'finish', 'client');
        return;
      case 'subscribe':
        return this.#subscribe(fields);
      case 'unsubscribe':
        this.#subscriptions?.remove(validated(unsubscribeSchema, fields).streams);
        return;
      default:
        throw new OnlookerError('BAD_MESSAGE', `t: ${JSON.stringify(fields.t.slice(0, 32))} is not a message of this protocol`);
    }
  }

  #open(fields: OpenFields): void {
    const { stream: id, task } = fields;
    const { settings, state, owners, feed } = this.#context;
    const pipeline = state.requirePipeline();
    if (this.#streams.has(id)) throw new OnlookerError('STREAM_EXISTS', 'This connection has a stream of that id open.');
    if (this.#streams.size >= settings.maxStreams) {
      throw new OnlookerError('LIMIT_REACHED', `A connection may have ${settings.maxStreams} streams.`);
    }
    assertMayTouch(this.principal, id);
    owners.assertFree(id, this);
    const isTracked = fields.tracking && settings.tracking;
    const frames = pipeline.openStream(
      streamOptions(fields, isTracked ? state.requireEvents() : null),
      ({ seq, ts, outcome }) => {
        const result: ResultMessage = { t: 'result', stream: id, seq, ts, ...outcome };
        if (fields.send !== 'events') this.#outbox.send(result);
        feed.publish(result);
      },
    );
    this.#streams.set(id, { id, frames, lastSeq: -1, closing: null });
    owners.claim(id, this);
    if (fields.send !== 'frames') this.#subscribed().addOwn(id);
    this.#outbox.send({ t: 'opened', stream: id, task, model: frames.model, credits: frames.credits });
  }

  #subscribe(fields: Fields): void {
    const { streams, send, since } = validated(subscribeSchema, withoutNulls(fields));
    for (const stream of streams) if (stream !== ALL) assertMayTouch(this.principal, stream);
    // Events are told later than this: their first page is waited for.
    const from = this.#subscribed().add({ streams, send, since });
    this.#outbox.send({ t: 'subscribed', streams, ...(from === undefined ? {} : { since: from }) });
  }

  #subscribed(): Subscriptions {
    const { state, feed, log } = this.#context;
    this.#subscriptions ??= new Subscriptions({
      events: state.requireEvents(),
      feed,
      outbox: this.#outbox,
      isOwn: (stream) => this.#streams.has(stream),
      sees: (stream) => this.principal.streams.has(stream),
      onError: (error) => {
        log.error({ err: error, session: this.session }, 'events could not be read');
        this.#outbox.send({
          t: 'error',
          code: 'INTERNAL',
          message: 'Events could not be read: connect again and ask with `since`.',
        });
        this.#outbox.end(INTERNAL_ERROR, 'events could not be read');
      },
    });
    return this.#subscriptions;
  }

  #frame(fields: Fields, receivedAtMs: number): void {
    const frame = validated(frameSchema, withoutNulls(fields));
    const stream = this.#stream(frame.stream);
    if (fields['image'] === undefined || fields['image'] === null) throw new OnlookerError('BAD_MESSAGE', 'image: is missing');
    this.#push(stream, this.#codec.imageOf(fields['image']), frame, receivedAtMs);
  }

  #push(
    stream: OpenStream,
    image: Uint8Array,
    { seq, ts }: { seq?: number | undefined; ts?: number | undefined },
    receivedAtMs: number,
  ): void {
    const position = seq ?? stream.lastSeq + 1;
    if (position <= stream.lastSeq || position > Number.MAX_SAFE_INTEGER) {
      throw new OnlookerError('BAD_MESSAGE', `seq: must increase, and the last was ${stream.lastSeq}`);
    }
    stream.lastSeq = position;
    const waitMs = this.#context.limits.frame(this.principal, this.#address, image.byteLength);
    const retry_after_ms = Math.ceil(waitMs);
    const message = `More comes than one client may send: wait ${retry_after_ms} ms.`;
    const refusal = waitMs === 0 ? null : { code: 'RATE_LIMITED' as const, message, retry_after_ms };
    stream.frames.push({ image, seq: position, ts: ts ?? null, receivedAtMs }, refusal);
  }

  /** @throws OnlookerError NO_STREAM also for a stream that is closing */
  #stream(id: string): OpenStream {
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.closing !== null) throw new OnlookerError('NO_STREAM');
    return stream;
  }

  #onlyStream(): OpenStream {
    const [stream, ...others] = [...this.#streams.values()].filter(({ closing }) => closing === null);
    if (stream === undefined) throw new OnlookerError('NO_STREAM', 'An image by itself needs an open stream.');
    if (others.length > 0)
      throw new OnlookerError('NO_STREAM', 'Several streams are open: send `frame` messages that name theirs.');
    return stream;
  }

  /** The first reason to close is the one that counts. */
  #close(stream: OpenStream, how: 'finish' | DropReason, reason: CloseReason): Promise<void> {
    if (stream.closing !== null && how !== 'finish') void stream.frames.close(how);
    stream.closing ??= this.#finish(stream, how, reason);
    return stream.closing;
  }

  async #finish(stream: OpenStream, how: 'finish' | DropReason, reason: CloseReason): Promise<void> {
    const { id } = stream;
    const forget = (): void => {
      this.#streams.delete(id);
      this.#context.owners.release(id, this);
      this.#subscriptions?.endOwn(id);
    };
    try {
      const stats = await stream.frames.close(how);
      forget();
      this.#outbox.send({ t: 'closed', stream: id, reason, stats });
    } catch (error) {
      forget();
      this.#context.log.error({ err: error, session: this.session }, 'a stream could not be closed');
    }
  }

  #answering(fields: Readonly<Record<string, unknown>>, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#refuse(error, fields);
    }
  }

  #refuse(error: unknown, { stream, seq }: Readonly<Record<string, unknown>>): void {
    const { code, message, retryAfterMs } = this.#context.state.told(error);
    if (code === 'INTERNAL') this.#context.log.error({ err: error, session: this.session }, 'a message failed');
    this.#context.metrics.messageRefused(code);
    const known = streamIdSchema.safeParse(stream);
    this.#outbox.send({
      t: 'error',
      code,
      message,
      ...(known.success ? { stream: known.data } : {}),
      ...(typeof seq === 'number' && Number.isSafeInteger(seq) ? { seq } : {}),
      ...(retryAfterMs === undefined || retryAfterMs === Infinity ? {} : { retry_after_ms: retryAfterMs }),
    });
  }
}
