// Bounds what connections hold of messages whose end does not come. The socket's library keeps such bytes and tells nobody, so
// the kernel is asked how many came, wherever the process has grown; past the common bound the oldest are cut off.
//
//   opened ──recognised by a ping of a length of its own──▶ counted: bytes that came, less those of whole messages
import type { TcpSockets } from '../memory/tcp-sockets.js';
import type { UnfinishedBytes, UnfinishedShare } from '../memory/unfinished-bytes.js';
import { frameBytes } from './frame-bytes.js';

/** What is needed of a connection's socket. */
export interface WatchedSocket {
  ping(payload: string): unknown;
  remoteAddress(): string;
  /** Closes it at once: only then its memory comes back. */
  cutOff(): void;
}

/**
 * What the kernel takes in of one connection before it is read, while there are few and when there are many: all of that may come
 * in one turn of the loop, before anything can be counted. Little of it is slow over long ways.
 */
const RECEIVE_BYTES = { few: 128 * 1024, many: 32 * 1024, flooding: 4 * 1024 };
const MANY = 100;
/** How long a connection that floods is read in small bites. */
const FLOODING_MS = 10_000;
/** Growth of the process that is looked into. */
const GROWTH_BYTES = 4 * 1024 * 1024;
const GROWTH_EVERY_MS = 10;
/** In one look, so that others have the loop in between; and how often without growth. */
const MOST_LOOKED_AT = 1000;
const LOOK_EVERY_MS = 250;
/** In one look: what is over the bound by then is soon looked at again. */
const MAX_CUT_OFF = 250;
/** Less is not worth cutting anybody off for: part of any message. */
const SMALL_BYTES = 16 * 1024;
/** Lengths that a ping can have, and so sockets that can be told apart at once. */
const MAX_PING_BYTES = 125;
/** In one look, so many times some sockets are asked for, of so many at most; the next look goes on. */
const MAX_ROUNDS = 4;
const MAX_CANDIDATES = 500;
/** What TLS adds to a record, at most, and how much a record holds. */
const TLS_RECORD_BYTES = 29;
const TLS_RECORD_HOLDS = 16 * 1024;
const PING_HEADER_BYTES = 2;

/** To be told of what a connection receives, and of its end. */
export interface UnfinishedWatch {
  message(bytes: number): void;
  /** A ping or a pong. */
  control(bytes: number): void;
  /** More small messages come than are taken: for some time little of them is read in one turn of the loop, so that others have theirs. */
  flooding(): void;
  gone(): void;
}

interface Watched {
  readonly socket: WatchedSocket;
  readonly share: UnfinishedShare;
  readonly address: string;
  fd: number | null;
  receivedBytes: number;
  /** Of frames since it was counted last: of whole messages, and of pings and pongs, which may come amid one. */
  wholeBytes: number;
  controlBytes: number;
  sinceMs: number;
  /** Until when it is taken for flooding; null where it is not. */
  floodingUntilMs: number | null;
}

export interface UnfinishedMessagesOptions {
  readonly sockets: TcpSockets;
  readonly unfinished: UnfinishedBytes;
  readonly isTls: boolean;
  readonly residentBytes: () => number;
  /** So many were cut off. */
  readonly onCutOff: (connections: number) => void;
}

export class UnfinishedMessages {
  readonly #options: UnfinishedMessagesOptions;
  readonly #watched = new Set<Watched>();
  /** Those whose socket is not known yet. */
  readonly #unknown = new Set<Watched>();
  readonly #knownFds = new Set<number>();
  /** Where those sockets begin that are asked for next. */
  #nextFd = 0;
  /** While anybody is connected. */
  #timers: NodeJS.Timeout[] = [];
  #port = 0;
  #lowBytes = 0;
  #slice: Iterator<Watched>;

  constructor(options: UnfinishedMessagesOptions) {
    this.#options = options;
    this.#slice = this.#watched.values();
  }

  watch(socket: WatchedSocket): UnfinishedWatch {
    const { unfinished, isTls } = this.#options;
    const watched: Watched = {
      socket,
      share: unfinished.share(),
      address: socket.remoteAddress(),
      fd: null,
      receivedBytes: 0,
      wholeBytes: 0,
      controlBytes: 0,
      sinceMs: performance.now(),
      floodingUntilMs: null,
    };
    if (this.#watched.size === 0) this.#start();
    this.#watched.add(watched);
    this.#unknown.add(watched);
    if (this.#watched.size === MANY) this.#options.sockets.boundReceiving(this.#port, RECEIVE_BYTES.many);
    return {
      message: (bytes) => {
        watched.wholeBytes += sentBytes(bytes, isTls);
      },
      control: (bytes) => {
        watched.controlBytes += sentBytes(bytes, isTls);
      },
      flooding: () => this.#narrow(watched),
      gone: () => {
        this.#watched.delete(watched);
        if (this.#watched.size === 0) this.close();
        this.#unknown.delete(watched);
        if (watched.fd !== null) this.#knownFds.delete(watched.fd);
        watched.share.release();
        if (this.#watched.size === MANY - 1) this.#options.sockets.boundReceiving(this.#port, RECEIVE_BYTES.few);
      },
    };
  }

  /** To be called when the service listens. */
  listening(port: number): void {
    this.#port = port;
    this.#options.sockets.boundReceiving(port, RECEIVE_BYTES.few);
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  #start(): void {
    this.#lowBytes = this.#options.residentBytes();
    this.#timers = [
      setInterval(() => this.lookForGrowth(), GROWTH_EVERY_MS).unref(),
      setInterval(() => this.lookAtSome(), LOOK_EVERY_MS).unref(),
    ];
  }

  /** Looks where the process holds more than it did, or than it may. */
  lookForGrowth(): void {
    const bytes = this.#options.residentBytes();
    if (bytes < this.#lowBytes) this.#lowBytes = bytes;
    const { heldBytes, limitBytes } = this.#options.unfinished;
    if (bytes < this.#lowBytes + GROWTH_BYTES && heldBytes <= limitBytes) return;
    this.lookAtSome();
    this.#lowBytes = this.#options.residentBytes();
  }

  /** Looks at the next ones, so that no count goes astray with the time. */
  lookAtSome(): void {
    this.#recognise();
    for (let left = Math.min(MOST_LOOKED_AT, this.#watched.size); left > 0; left--) {
      let next = this.#slice.next();
      if (next.done === true) {
        this.#slice = this.#watched.values();
        next = this.#slice.next();
      }
      if (next.done === true) break;
      this.#widen(next.value);
      this.#count(next.value);
    }
    this.#cutOff();
  }

  #narrow(watched: Watched): void {
    if (!this.#watched.has(watched)) return;
    if (watched.fd === null) this.#recognise();
    if (watched.fd === null) return;
    if (watched.floodingUntilMs === null) this.#options.sockets.boundReceivingOf(watched.fd, RECEIVE_BYTES.flooding);
    watched.floodingUntilMs = performance.now() + FLOODING_MS;
  }

  #widen(watched: Watched): void {
    const { fd, floodingUntilMs } = watched;
    if (fd === null || floodingUntilMs === null || performance.now() < floodingUntilMs) return;
    watched.floodingUntilMs = null;
    this.#options.sockets.boundReceivingOf(fd, this.#watched.size < MANY ? RECEIVE_BYTES.few : RECEIVE_BYTES.many);
  }

  /** A whole message in between means that what is unfinished came after it: no error is carried along. */
  #count(watched: Watched): void {
    if (watched.fd === null) return;
    const figures = this.#options.sockets.figuresOf(watched.fd);
    if (figures === null) return;
    const unreadBytes =
      figures.receivedBytes - watched.receivedBytes > SMALL_BYTES ? this.#options.sockets.unreadBytesOf(watched.fd) : 0;
    const readBytes = figures.receivedBytes - unreadBytes;
    const came = readBytes - watched.receivedBytes;
    const held = Math.max(0, watched.share.bytes + came - watched.wholeBytes - watched.controlBytes);
    const isFresh = watched.wholeBytes > 0;
    watched.receivedBytes = readBytes;
    watched.wholeBytes = 0;
    watched.controlBytes = 0;
    if (isFresh || watched.share.bytes === 0) watched.sinceMs = performance.now();
    watched.share.set(isFresh ? Math.min(held, came) : held);
  }

  /** Of the address that holds most, those that hold it for longest, until all fits. */
  #cutOff(): void {
    const { unfinished, onCutOff } = this.#options;
    if (unfinished.heldBytes <= unfinished.limitBytes) return;
    let cutOff = 0;
    for (const { share, socket } of inTheirTurn(this.#watched)) {
      cutOff += 1;
      share.release();
      socket.cutOff();
      if (unfinished.heldBytes <= unfinished.limitBytes || cutOff === MAX_CUT_OFF) break;
    }
    if (cutOff > 0) onCutOff(cutOff);
  }

  /** Finds out which socket of the kernel's belongs to which connection: each is sent a ping of another length. */
  #recognise(): void {
    const { sockets, isTls } = this.#options;
    const step = isTls ? TLS_RECORD_BYTES + 1 : 1;
    const atOnce = Math.floor(MAX_PING_BYTES / step);
    for (let round = 0; round < MAX_ROUNDS && this.#unknown.size > 0; round++) {
      const isKnown = (fd: number): boolean => this.#knownFds.has(fd);
      const { fds, next } = sockets.acceptedOn(this.#port, this.#nextFd, MAX_CANDIDATES, isKnown);
      const some = [...take(this.#unknown, atOnce)];
      // A kernel that does not tell enough of its sockets: nobody is sent pings for nothing.
      if (fds.length > 0) this.#ask(some, fds, step);
      const missing = some.filter(({ fd }) => fd === null);
      if (missing.length === 0) continue;
      this.#nextFd = next ?? 0;
      if (next !== null) continue;
      // They are among none of them: others are asked for first.
      for (const watched of missing) {
        this.#unknown.delete(watched);
        this.#unknown.add(watched);
      }
    }
  }

  #ask(some: readonly Watched[], candidates: readonly number[], step: number): void {
    const { sockets } = this.#options;
    const written = candidates.map((fd) => sockets.figuresOf(fd)?.writtenBytes ?? 0);
    some.forEach(({ socket }, index) => socket.ping('p'.repeat(index * step)));
    candidates.forEach((fd, index) => {
      const added = (sockets.figuresOf(fd)?.writtenBytes ?? 0) - (written[index] ?? 0) - PING_HEADER_BYTES;
      const watched = added < 0 ? undefined : some[Math.floor(added / step)];
      if (watched === undefined || watched.fd !== null) return;
      watched.fd = fd;
      this.#knownFds.add(fd);
      this.#unknown.delete(watched);
    });
  }
}

function* take<T>(all: Iterable<T>, most: number): Generator<T> {
  let left = most;
  for (const one of all) {
    if (left-- === 0) return;
    yield one;
  }
}

/** Those that hold more than little: each time the oldest of the address that holds most. */
function* inTheirTurn(all: Iterable<Watched>): Generator<Watched> {
  const ofAddress = new Map<string, { bytes: number; readonly watched: Watched[] }>();
  for (const watched of all) {
    if (watched.share.bytes <= SMALL_BYTES) continue;
    const group = ofAddress.get(watched.address) ?? { bytes: 0, watched: [] };
    group.bytes += watched.share.bytes;
    group.watched.push(watched);
    ofAddress.set(watched.address, group);
  }
  const groups = [...ofAddress.values()];
  for (const { watched } of groups) watched.sort((a, b) => b.sinceMs - a.sinceMs || a.share.bytes - b.share.bytes);
  for (;;) {
    const [first, ...others] = groups;
    if (first === undefined) return;
    const largest = others.reduce((most, group) => (group.bytes > most.bytes ? group : most), first);
    const oldest = largest.watched.pop();
    if (oldest === undefined) return;
    largest.bytes -= oldest.share.bytes;
    yield oldest;
  }
}

/** What a client sends for a message or a ping: its frame, and the records that TLS puts it in. */
function sentBytes(payloadBytes: number, isTls: boolean): number {
  const records = isTls ? (1 + Math.floor(payloadBytes / TLS_RECORD_HOLDS)) * TLS_RECORD_BYTES : 0;
  return frameBytes(payloadBytes) + records;
}
