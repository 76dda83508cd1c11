// An http camera: one that sends picture after picture, or one whose address is that of a still and that is asked again and
// again, at the stream's rate. Its pictures come ready, so no ffmpeg and no reader of playlists ever sees what it sends.
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { readJpegHeader, type JpegHeader } from '../images/jpeg-header.js';
import type { PictureFormat } from '../../protocol/streams.js';
import { afterRunning } from '../threads/running-time.js';
import { BytePace } from './byte-pace.js';
import { connectionFailure, NO_VIDEO, TOO_MANY_BYTES, UNANSWERED, type Failure } from './failure.js';
import { HttpSession, type HttpAnswer, type HttpSessionOptions } from './http-session.js';
import { JpegSplitter } from './jpeg-splitter.js';
import type { PictureFeed } from './picture-feed.js';
import type { CameraAddress } from './source-address.js';
import { hasMoreBehind, stillAsJpeg, stillKind, TELLING_BYTES, whyNoPicture, type StillKind } from './still-picture.js';

export interface HttpCameraOptions extends HttpSessionOptions {
  readonly maxBytesPerSecond: number;
  /** Of one picture. */
  readonly maxPictureBytes: number;
  readonly maxPixels: number;
  /** How often a still is asked for in a second. */
  readonly fps: number;
}

/** What cameras call their pictures; some call them nothing in particular. What has another name must begin as a picture does. */
const PICTURES =
  /^\s*"?(multipart\/|image\/(?!svg)|video\/(x-)?(motion-?)?m?jpe?g|(application|binary)\/(octet-stream|x-octet-stream|binary)|\*\/\*|unknown|$)/i;
/** A still that fails so often in a row is given up; until then it is asked more and more rarely. */
const MOST_ERRORS = 3;
const LONGEST_ERROR_WAIT_MS = 5_000;
const LEAST_ERROR_WAIT_MS = 250;
/** Smaller ones for looking through, or ones with more contrast, may follow the picture that counts. */
const MOST_IN_A_STILL = 3;
const END_MARKER = Buffer.of(0xff, 0xd9);

/** One picture, and what to ask for the next one with; null for one that has not changed. */
type Still = { readonly jpeg: Buffer; readonly conditions: Record<string, string> } | { readonly jpeg: null };

export class HttpCamera implements PictureFeed {
  readonly #session: HttpSession;
  readonly #options: HttpCameraOptions;
  readonly #pace: BytePace;
  readonly #first: HttpAnswer;
  readonly #askedMs: number;
  readonly #stopped = new AbortController();
  /** Only the end of the first answer tells: lengths may be anything. */
  #isStill: boolean | null = null;
  #kind: StillKind = 'mjpeg';
  #isRegular = false;
  #failure: Failure | null = null;
  #tellAlive: () => void = () => undefined;
  #end: () => void = () => undefined;
  #isRead = false;
  readonly bytes: AsyncIterable<Buffer>;
  readonly ended: Promise<boolean>;

  private constructor(session: HttpSession, first: HttpAnswer, askedMs: number, options: HttpCameraOptions) {
    this.#session = session;
    this.#first = first;
    this.#askedMs = askedMs;
    this.#options = options;
    this.#pace = new BytePace(options.maxBytesPerSecond);
    this.ended = new Promise((resolve) => {
      this.#end = () => resolve(this.#isRegular);
    });
    this.bytes = this.#read();
    // One that nobody reads ends with its connection.
    const closed = (): void => {
      if (!this.#isRead) this.#end();
    };
    if (first.socket.closed) closed();
    else first.socket.once('close', closed);
  }

  /** @returns the camera as soon as it has begun to answer with pictures, or why it does not. Never rejects */
  static async open(address: CameraAddress, options: HttpCameraOptions): Promise<HttpCamera | Failure> {
    const session = new HttpSession(address, options);
    const askedMs = performance.now();
    const answer = await session.get();
    if ('reason' in answer) return answer;
    if (isPicture(answer) || (await beginsAsPicture(answer.body, askedMs + options.timeoutMs - performance.now())))
      return new HttpCamera(session, answer, askedMs, options);
    session.close();
    return NO_VIDEO;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  /** Whether it is the address of a still; null while that is not known. */
  get isStill(): boolean | null {
    return this.#isStill;
  }

  /** A still may take as long for each picture as for the first. */
  get quietMs(): number {
    return this.#isStill === true ? this.#options.timeoutMs + 1000 / this.#options.fps : 0;
  }

  hasReceived(): null {
    // Each image is whole: there is nothing that could come in between.
    return null;
  }

  onFatal(): void {
    // Nothing is known of its pictures that is not in them.
  }

  onAlive(tell: () => void): void {
    this.#tellAlive = tell;
  }

  /** Of the newest picture, as the camera sent it. */
  get codec(): string {
    return this.#kind;
  }

  format(header: JpegHeader | null): PictureFormat | null {
    return header === null ? null : { codec: this.codec, width: header.width, height: header.height, fps: null };
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#session.close();
    await this.ended;
  }

  async *#read(): AsyncGenerator<Buffer> {
    this.#isRead = true;
    try {
      yield* this.#pass();
      if (this.#isStill === true) yield* this.#poll();
      this.#isRegular = this.#failure === null;
    } finally {
      this.#session.close();
      this.#end();
    }
  }

  /** Hands the first answer on as it comes: only its end tells whether it was one picture. */
  async *#pass(): AsyncGenerator<Buffer> {
    const splitter = new JpegSplitter(this.#options.maxPictureBytes);
    let beginning = Buffer.alloc(0);
    let isTold = isMultipart(this.#first);
    /** Whether it begins with a picture, and nothing of a stream before it. */
    let isPlain = false;
    const chunks = this.#chunks(this.#first);
    let images = 0;
    let passed = 0;
    for await (const piece of chunks) {
      let chunk = piece;
      if (!isTold) {
        beginning = Buffer.concat([beginning, chunk]);
        if (beginning.length < TELLING_BYTES) continue;
        isTold = true;
        chunk = beginning;
        const kind = stillKind(beginning);
        isPlain = kind === 'mjpeg';
        if (kind !== null && kind !== 'mjpeg') {
          this.#isStill = true;
          const rest = await this.#whole(chunks, beginning);
          if (rest !== null) yield* this.#picture(rest);
          return;
        }
        if (kind === null && whyNoPicture(beginning) !== NO_VIDEO) {
          this.#failure = whyNoPicture(beginning);
          return;
        }
      }
      if (images <= MOST_IN_A_STILL) {
        const found = splitter.push(chunk);
        const [first] = found;
        if (images === 0 && first !== undefined && isPlain && isOneOfSeveral(first)) {
          this.#isStill = true;
          yield chunk.subarray(0, first.length - passed);
          // Read to its end, so that the connection can be used for the next one.
          await this.#whole(chunks);
          return;
        }
        images += found.length;
      }
      if (images > 1) this.#isStill = false;
      passed += chunk.length;
      yield chunk;
    }
    if (images === 0 && splitter.isWithin) {
      images = 1;
      yield END_MARKER;
    }
    if (images > 0 && images <= (isMultipart(this.#first) ? 1 : MOST_IN_A_STILL)) this.#isStill = true;
    if (images === 0) this.#failure = NO_VIDEO;
  }

  async *#poll(): AsyncGenerator<Buffer> {
    const periodMs = 1000 / this.#options.fps;
    let answer: HttpAnswer | Failure | null = null;
    let conditions = conditionsOf(this.#first);
    let askedMs = this.#askedMs;
    let errors = 0;
    while (!this.#stopped.signal.aborted) {
      let waitMs = periodMs;
      const still = answer === null ? null : await this.#stillOf(answer);
      if (still !== null && 'reason' in still) {
        errors += 1;
        if (errors >= MOST_ERRORS || this.#isOver(still)) {
          this.#failure = still;
          return;
        }
        waitMs = waitAfter(still, errors, periodMs);
        askedMs = performance.now();
        if (still.waitMs !== undefined) this.#tellAlive();
      } else if (still !== null) {
        errors = 0;
        if (still.jpeg === null) this.#tellAlive();
        else {
          conditions = still.conditions;
          yield still.jpeg;
        }
      }
      await this.#pause(askedMs + waitMs - performance.now());
      if (this.#stopped.signal.aborted) return;
      askedMs = performance.now();
      answer = await this.#session.get(conditions);
    }
  }

  /** What an answer to the question for a still holds. */
  async #stillOf(answer: HttpAnswer | Failure): Promise<Still | Failure> {
    if ('reason' in answer) return answer;
    const bytes = await this.#body(answer);
    if (answer.response.statusCode === 304) return { jpeg: null };
    if ('reason' in bytes) return bytes;
    const jpeg = await stillAsJpeg(bytes, this.#options.maxPixels);
    if (jpeg === null) return whyNoPicture(bytes);
    this.#kind = stillKind(bytes) ?? 'mjpeg';
    return { jpeg, conditions: conditionsOf(answer) };
  }

  /** Whether asking on would not help, or only after so long that the camera is better tried from the beginning. */
  #isOver({ kind, waitMs = 0 }: Failure): boolean {
    return kind === 'refused' || kind === 'lasting' || waitMs > this.#options.timeoutMs;
  }

  async *#picture(bytes: Buffer): AsyncGenerator<Buffer> {
    const jpeg = await stillAsJpeg(bytes, this.#options.maxPixels);
    if (jpeg === null) return;
    this.#kind = stillKind(bytes) ?? 'mjpeg';
    yield jpeg;
  }

  /** The whole of an answer, in bounded time and of bounded size. */
  async #body(answer: HttpAnswer): Promise<Buffer | Failure> {
    let isLate = false;
    const cancel = afterRunning(this.#options.timeoutMs, () => {
      isLate = true;
      answer.socket.destroy();
    });
    try {
      const bytes = await this.#whole(this.#chunks(answer));
      if (bytes === null || !isMultipart(answer)) return bytes ?? TOO_MANY_BYTES;
      // Some cameras send a still as the only part of a stream.
      const [image] = new JpegSplitter(this.#options.maxPictureBytes).push(bytes);
      return image === undefined ? NO_VIDEO : Buffer.from(image);
    } catch {
      return isLate ? UNANSWERED : connectionFailure(undefined);
    } finally {
      cancel();
    }
  }

  /** @returns null: too large */
  async #whole(chunks: AsyncIterable<Buffer>, before: Buffer = Buffer.alloc(0)): Promise<Buffer | null> {
    const parts = [before];
    let bytes = before.length;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > this.#options.maxPictureBytes) return null;
      parts.push(chunk);
    }
    return Buffer.concat(parts);
  }

  async *#chunks({ body, socket }: HttpAnswer): AsyncGenerator<Buffer> {
    let isWhole = false;
    try {
      for await (const chunk of body) {
        const bytes = chunk as Buffer;
        const waitMs = this.#pace.waitMs(bytes.length, performance.now());
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        yield bytes;
      }
      isWhole = true;
    } finally {
      if (!isWhole) destroyed(socket);
    }
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#stopped;
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.max(0, delayMs));
      signal.addEventListener('abort', finish, { once: true });
      if (signal.aborted) finish();
    });
  }
}

/** For as long as the camera asks for, or else longer after each failure. */
function waitAfter({ waitMs = 0 }: Failure, errors: number, periodMs: number): number {
  const growing = Math.min(LONGEST_ERROR_WAIT_MS, Math.max(periodMs, LEAST_ERROR_WAIT_MS) * 2 ** errors);
  return Math.max(periodMs, waitMs === 0 ? growing : waitMs);
}

const destroyed = (socket: Socket): void => void socket.destroy();

const isMultipart = ({ response }: HttpAnswer): boolean => /^\s*multipart\//i.test(response.headers['content-type'] ?? '');
const isPicture = ({ response }: HttpAnswer): boolean => PICTURES.test(response.headers['content-type'] ?? '');

const isOneOfSeveral = (jpeg: Uint8Array): boolean => hasMoreBehind(jpeg, readJpegHeader(jpeg)?.scanAt ?? 0);

/** Looks at the first bytes and leaves them where they are. */
function beginsAsPicture(body: Readable, timeoutMs: number): Promise<boolean> {
  const events = ['readable', 'end', 'close', 'error'] as const;
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      for (const event of events) body.off(event, settle);
      const beginning = body.read() as Buffer | null;
      // At once: a body that was read to its end takes nothing back a moment later.
      if (beginning !== null) body.unshift(beginning);
      resolve(beginning !== null && stillKind(beginning) !== null);
    };
    const timer = setTimeout(settle, Math.max(0, timeoutMs));
    for (const event of events) body.once(event, settle);
  });
}

function conditionsOf({ response: { headers } }: HttpAnswer): Record<string, string> {
  const { etag, 'last-modified': lastModified } = headers;
  return {
    ...(etag === undefined ? {} : { 'If-None-Match': etag }),
    ...(lastModified === undefined ? {} : { 'If-Modified-Since': lastModified }),
  };
}
