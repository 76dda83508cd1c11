// `GET /v1/ws`: takes connections in, hands their messages on, and sees all of them out when the service drains.
import type { HttpRequest, HttpResponse, us_socket_context_t, WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import type { OpenFields } from '../../protocol/messages.js';
import { OnlookerError, type ErrorCode } from '../../protocol/errors.js';
import { CLOSE_UNAUTHORIZED } from '../../protocol/access.js';
import { afterRunning } from '../../pipeline/threads/running-time.js';
import type { Door } from '../access/door.js';
import { HELD_BACK_MS } from '../access/limits.js';
import { assertMay, assertMayTouch, type Principal } from '../access/principal.js';
import { errorReply, refuseAmbiguous, writeReply, type Reply } from '../http/reply.js';
import { giveBackMemory } from '../memory/give-back.js';
import { tcpSockets } from '../memory/tcp-sockets.js';
import type { UnfinishedBytes } from '../memory/unfinished-bytes.js';
import { openQuery } from '../query-fields.js';
import { recogniseOptions } from '../recognise-options.js';
import type { RequestTurns } from '../request-turns.js';
import type { Settings } from '../settings.js';
import type { Codec } from './codec.js';
import { Connection, type ConnectionContext } from './connection.js';
import { Intake } from './intake.js';
import { IntakeTurns } from './intake-turns.js';
import { Outbox } from './outbox.js';
import { UnfinishedMessages, type UnfinishedWatch } from './unfinished-messages.js';
import { chooseProtocol } from './upgrade.js';

interface SocketData {
  readonly codec: Codec;
  readonly shortcut: OpenFields | null;
  readonly principal: Principal;
  readonly address: string;
  disconnected: (() => void) | null;
  connection: Connection | null;
  outbox: Outbox | null;
  intake: Intake | null;
  watch: UnfinishedWatch | null;
}

export interface EndpointContext extends ConnectionContext {
  readonly door: Door;
  readonly unfinished: UnfinishedBytes;
  readonly requestTurns: RequestTurns;
  readonly isTls: boolean;
  readonly settings: Pick<
    Settings,
    'maxFrameBytes' | 'maxPixels' | 'maxStreams' | 'maxConnections' | 'maxUnsentBytes' | 'idleTimeoutS' | 'tracking'
  >;
}

const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;
/** Longest time that a client is given, while the service drains, to read what was sent to it. */
const FLUSH_TIMEOUT_MS = 2000;
/** Room for the other fields of a `frame` as JSON. */
const JSON_ENVELOPE_BYTES = 4096;

export class WebSocketEndpoint {
  readonly #context: EndpointContext;
  readonly #open = new Map<Connection, Outbox>();
  readonly #turns = new IntakeTurns();
  /** Null where the system does not tell what came; a message is then bounded by its own length alone. */
  readonly #messages: UnfinishedMessages | null;

  constructor(context: EndpointContext) {
    this.#context = context;
    const { unfinished, isTls, metrics, log } = context;
    const sockets = tcpSockets();
    this.#messages =
      sockets &&
      new UnfinishedMessages({
        sockets,
        unfinished,
        isTls,
        residentBytes: () => process.memoryUsage.rss(),
        onCutOff: (connections) => {
          giveBackMemory();
          metrics.messageRefused('OVERLOADED', connections);
          log.warn(
            { connections, limitBytes: unfinished.limitBytes },
            'unfinished messages hold too much memory; connections are cut off',
          );
        },
      });
  }

  behavior(): WebSocketBehavior<SocketData> {
    const { maxUnsentBytes, idleTimeoutS } = this.#context.settings;
    return {
      maxPayloadLength: this.#mostJsonBytes,
      maxBackpressure: maxUnsentBytes,
      idleTimeout: idleTimeoutS,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: (ws) => this.#opened(ws),
      message: (ws, message, isBinary) => this.#message(ws, message, isBinary),
      ping: (ws, message) => ws.getUserData().watch?.control(message.byteLength),
      pong: (ws, message) => ws.getUserData().watch?.control(message.byteLength),
      drain: (ws) => ws.getUserData().outbox?.drained(),
      close: (ws) => this.#closed(ws),
    };
  }

  /** To be called when the service listens. */
  listening(port: number): void {
    this.#messages?.listening(port);
  }

  close(): void {
    this.#messages?.close();
  }

  /** Answers what is in hand, tells every client, and lets what was sent leave. */
  async drain(): Promise<void> {
    await Promise.all([...this.#open].map(([connection, outbox]) => this.#seeOut(connection, outbox)));
  }

  /** Ends the connections of keys that were revoked, or have run out. */
  seeOutInvalid(): void {
    for (const [connection, outbox] of this.#open) {
      if (!connection.principal.isValid()) outbox.end(CLOSE_UNAUTHORIZED, 'unauthorized');
    }
  }

  /** An image of twice the largest size is still answered, also where it comes as base64. */
  get #mostJsonBytes(): number {
    return Math.ceil((this.#context.settings.maxFrameBytes * 2) / 3) * 4 + JSON_ENVELOPE_BYTES;
  }

  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const { door } = this.#context;
    const head = door.headOf(res, req);
    if (head.isAmbiguous) {
      refuseAmbiguous(res);
      return;
    }
    const key = req.getHeader('sec-websocket-key');
    const extensions = req.getHeader('sec-websocket-extensions');
    const query = new URLSearchParams(req.getQuery());
    const upgrade = (found: Principal | null): void => {
      const principal = door.authorise(head, found, 'identified');
      const { codec, accepted } = chooseProtocol(head.protocols);
      const shortcut = this.#admit(query, principal);
      const data: SocketData = {
        codec,
        shortcut,
        principal,
        address: head.clientAddress,
        disconnected: null,
        connection: null,
        outbox: null,
        intake: null,
        watch: null,
      };
      res.upgrade(data, key, accepted, extensions, context);
    };
    const identify = (): Principal | null | Promise<Principal> => {
      door.admit(head);
      door.handshake(head);
      return door.identify(head);
    };
    this.#orRefuse(res, () => {
      const turn = this.#context.requestTurns.wait();
      const found = turn === null ? identify() : null;
      if (turn === null && !(found instanceof Promise)) upgrade(found);
      else
        this.#upgradeLater(
          res,
          async (isGone) => {
            await turn;
            // A ticket of somebody who has gone meanwhile is not used up.
            return isGone() ? null : (found ?? identify());
          },
          upgrade,
        );
    });
  }

  /** Who waits, for a turn or until a token was looked at, may go away meanwhile; the response must not be touched then. */
  #upgradeLater(
    res: HttpResponse,
    find: (isGone: () => boolean) => Promise<Principal | null>,
    upgrade: (principal: Principal | null) => void,
  ): void {
    let isGone = false;
    res.onAborted(() => (isGone = true));
    find(() => isGone).then(
      (principal) => {
        if (!isGone) res.cork(() => this.#orRefuse(res, () => upgrade(principal)));
      },
      (error: unknown) => {
        if (!isGone) this.#refuse(res, error);
      },
    );
  }

  #orRefuse(res: HttpResponse, upgrade: () => void): void {
    try {
      upgrade();
    } catch (error) {
      this.#refuse(res, error);
    }
  }

  /** Whoever comes too often is told a little later. */
  #refuse(res: HttpResponse, error: unknown): void {
    const { reply, code } = this.#refusal(error);
    if (code !== 'RATE_LIMITED') return writeReply(res, reply);
    const timer = setTimeout(() => writeReply(res, reply), HELD_BACK_MS).unref();
    res.onAborted(() => clearTimeout(timer));
  }

  /** @throws OnlookerError whatever keeps the connection, or the stream that its address names, from being opened */
  #admit(query: URLSearchParams, principal: Principal): OpenFields | null {
    const { state, settings, limits } = this.#context;
    const pipeline = state.requirePipeline();
    if (this.#open.size >= settings.maxConnections) {
      throw new OnlookerError('LIMIT_REACHED', `The service takes ${settings.maxConnections} connections.`);
    }
    limits.assertMayConnect(principal);
    const shortcut = openQuery(query);
    if (shortcut === null) return null;
    assertMay(principal, 'feed');
    assertMayTouch(principal, shortcut.stream);
    try {
      pipeline.modelFor(recogniseOptions(shortcut));
    } catch (error) {
      throw new WrongShortcut(error);
    }
    return shortcut;
  }

  #refusal(error: unknown): { readonly code: ErrorCode; readonly reply: Reply & { body?: string } } {
    const wrongShortcut = error instanceof WrongShortcut;
    const told = this.#context.state.told(wrongShortcut ? error.cause : error);
    if (told.code === 'INTERNAL') this.#context.log.error({ err: error }, 'a connection could not be set up');
    const { status, headers, body } = errorReply(told, wrongShortcut ? 400 : undefined);
    const reply = { status, ...(headers === undefined ? {} : { headers }), ...(typeof body === 'string' ? { body } : {}) };
    return { code: told.code, reply };
  }

  #opened(ws: WebSocket<SocketData>): void {
    const { log, metrics, settings, state } = this.#context;
    const data = ws.getUserData();
    const outbox = new Outbox(ws, data.codec, settings.maxUnsentBytes, (unsentBytes) => {
      metrics.slowReader();
      log.warn({ session: connection.session, unsentBytes }, 'a client does not read its results and is disconnected');
    });
    const connection = new Connection(this.#context, data, outbox);
    data.connection = connection;
    data.disconnected = this.#context.limits.connected(data.address, data.principal);
    data.outbox = outbox;
    data.intake = this.#intake(ws, connection, outbox);
    data.watch = this.#watch(ws, outbox);
    this.#open.set(connection, outbox);
    metrics.connectionOpened();
    log.debug({ session: connection.session, protocol: data.codec.subprotocol }, 'connected');
    try {
      connection.start(state.requirePipeline(), data.shortcut);
    } catch (error) {
      log.error({ err: error }, 'a connection could not be started');
      ws.close();
    }
  }

  #intake(ws: WebSocket<SocketData>, connection: Connection, outbox: Outbox): Intake {
    const { metrics, unfinished, log } = this.#context;
    return new Intake(this.#turns, unfinished.share(), {
      handle: (message, isBinary, receivedAtMs) => connection.receive(message, isBinary, receivedAtMs),
      rateLimited: (retryAfterMs, messages) => {
        metrics.messageRefused('RATE_LIMITED', messages);
        ws.getUserData().watch?.flooding();
        connection.rateLimited(retryAfterMs, messages);
      },
      abused: () => {
        log.warn({ session: connection.session }, 'a client sends more than can be taken and is disconnected');
        outbox.end(POLICY_VIOLATION, 'too many messages');
      },
      batch: (act) => ws.cork(act),
    });
  }

  #watch(ws: WebSocket<SocketData>, outbox: Outbox): UnfinishedWatch | null {
    if (this.#messages === null) return null;
    return this.#messages.watch({
      ping: (payload) => ws.ping(payload),
      remoteAddress: () => Buffer.from(ws.getRemoteAddressAsText()).toString(),
      cutOff: () => {
        outbox.send({
          t: 'error',
          code: 'OVERLOADED',
          message: 'Unfinished messages take more memory than the service has for them.',
        });
        ws.close();
      },
    });
  }

  #message(ws: WebSocket<SocketData>, message: ArrayBuffer, isBinary: boolean): void {
    ws.getUserData().watch?.message(message.byteLength);
    // Text may be longer, since base64 is; the socket itself holds that limit.
    if (isBinary && message.byteLength > 2 * this.#context.settings.maxFrameBytes) {
      ws.end(MESSAGE_TOO_BIG, 'message too big');
      return;
    }
    ws.getUserData().intake?.receive(message, isBinary);
  }

  #closed(ws: WebSocket<SocketData>): void {
    const { connection, outbox, intake, watch, disconnected } = ws.getUserData();
    watch?.gone();
    disconnected?.();
    outbox?.closed();
    intake?.close();
    if (connection === null) return;
    this.#open.delete(connection);
    this.#context.metrics.connectionClosed();
    this.#context.log.debug({ session: connection.session }, 'disconnected');
    connection.gone();
  }

  async #seeOut(connection: Connection, outbox: Outbox): Promise<void> {
    await connection.drain();
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => (cancel = afterRunning(FLUSH_TIMEOUT_MS, resolve)));
    await Promise.race([outbox.flushed(), patience]);
    cancel();
    outbox.end(GOING_AWAY, 'draining');
  }
}

/** The stream that the address names cannot be opened: a wrong address, and so 400 whatever the catalogue says. */
class WrongShortcut extends Error {
  constructor(cause: unknown) {
    super('the stream of the address cannot be opened', { cause });
  }
}
