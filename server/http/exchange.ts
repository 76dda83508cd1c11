// One HTTP request and its answer. Bodies are bounded while they arrive; a client that goes away ends everything that
// belongs to it. Nothing of the response may be touched after it was aborted: uWebSockets.js has freed it.
import { Readable } from 'node:stream';
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Admitted } from '../access/admission.js';
import type { Principal } from '../access/principal.js';
import type { RequestHead } from '../access/request-head.js';
import type { IncomingBody, UnfinishedBodies } from '../memory/unfinished-bodies.js';
import { mergedHeaders, writeHead, writeHeadAlone, type Reply } from './reply.js';

/** The client went away; there is nobody to answer. */
export class AbortedError extends Error {
  override readonly name = 'AbortedError';
}

/** Well below the 10 s after which uWebSockets.js gives up on the rest of a body. */
const RESUME_MS = 3_000;

/** What came of a body before it was asked for. */
interface HeldBody {
  readonly body: IncomingBody;
  failed: unknown;
  isLast: boolean;
  /** The socket rests. A socket that is told to go on although it does not rest is never read again. */
  isPaused: boolean;
}

export class Exchange {
  readonly head: RequestHead;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string;
  /** 0 where a body comes in chunks, or none. */
  readonly announcedBytes: number;
  readonly #params: readonly string[];
  readonly #res: HttpResponse;
  readonly #onAborted: (() => void)[] = [];
  #aborted = false;
  #ownHeaders: Admitted['headers'] = {};
  #principal: Principal | null = null;
  readonly #bodies: UnfinishedBodies;
  #held: HeldBody | null = null;
  #onBytes: (bytes: number) => void = () => undefined;
  #gone: AbortController | null = null;
  #waiting: NodeJS.Timeout | undefined;

  /** @param params how many parameters the route's pattern has */
  constructor(res: HttpResponse, req: HttpRequest, head: RequestHead, params: number, bodies: UnfinishedBodies) {
    // The request lives on the stack: everything is read from it now or never.
    this.#res = res;
    this.#bodies = bodies;
    this.head = head;
    this.query = new URLSearchParams(req.getQuery());
    this.contentType = req.getHeader('content-type');
    this.acceptEncoding = req.getHeader('accept-encoding');
    this.ifNoneMatch = req.getHeader('if-none-match');
    this.announcedBytes = Number(req.getHeader('content-length') || 0);
    this.#params = Array.from({ length: params }, (_, index) => decoded(req.getParameter(index) ?? ''));
    res.onAborted(() => {
      this.#aborted = true;
      for (const tell of this.#onAborted.splice(0)) tell();
    });
  }

  get method(): string {
    return this.head.method;
  }

  /** What every answer of this exchange says, whatever comes of it. */
  admitted({ headers }: Admitted): void {
    this.#ownHeaders = headers;
  }

  /** Tells of the bytes of a body as it is received. */
  countBytes(onBytes: (bytes: number) => void): void {
    this.#onBytes = onBytes;
  }

  /** Who asks. @throws Error in a handler of a public route, which has nobody */
  get principal(): Principal {
    if (this.#principal === null) throw new Error('a public route has no principal');
    return this.#principal;
  }
  set principal(principal: Principal) {
    this.#principal = principal;
  }

  /** Who sends the end of a body late may have been revoked meanwhile, and could else make another key just before that. */
  get #isStillLetIn(): boolean {
    return this.#principal?.isValid() !== false;
  }

  /**
   * Waits for something before the body is asked for. What comes of it meanwhile would pass unseen, so it is kept: one read of the
   * socket, after which the socket rests.
   */
  async holdingBody<T>(work: Promise<T>): Promise<T> {
    const held: HeldBody = {
      body: this.#bodies.begin(0, (error) => (held.failed = error)),
      failed: null,
      isLast: false,
      isPaused: false,
    };
    this.#held = held;
    this.#onAborted.push(() => held.body.drop());
    this.#res.onData((chunk, isLast) => {
      held.isLast = isLast;
      try {
        held.body.take(chunk);
      } catch (error) {
        held.failed = error;
        held.body.drop();
      }
      if (isLast && held.isPaused) this.#awaitAnswer();
      else if (!isLast) this.#res.pause();
      held.isPaused = !isLast;
    });
    return work;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Aborted when the client goes away, with an `AbortedError`. */
  get signal(): AbortSignal {
    if (this.#gone === null) {
      const gone = new AbortController();
      const tell = (): void => gone.abort(new AbortedError());
      if (this.#aborted) tell();
      else this.#onAborted.push(tell);
      this.#gone = gone;
    }
    return this.#gone.signal;
  }

  param(index: number): string {
    return this.#params[index] ?? '';
  }

  /**
   * The whole body. To be called before anything is awaited, since the data would otherwise pass unseen.
   * @throws OnlookerError TOO_LARGE as soon as more than the limit has come or is announced; the rest is not kept
   */
  body(limitBytes: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const tooLarge = (): void => reject(new OnlookerError('TOO_LARGE', `The body has more than ${limitBytes} bytes.`));
      if (this.announcedBytes > limitBytes) return tooLarge();
      if (this.#aborted) return reject(new AbortedError());
      // Throws where there is no room: the promise is rejected then.
      const body = this.#bodies.begin(this.announcedBytes, reject);
      const giveUp = (error: unknown): void => {
        body.drop();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      this.#onAborted.push(() => giveUp(new AbortedError()));
      this.#receive((chunk, isLast) => {
        try {
          if (body.bytes + chunk.byteLength > limitBytes) {
            body.drop();
            tooLarge();
            return;
          }
          body.take(chunk);
          if (!isLast) return;
          if (this.#isStillLetIn) resolve(body.finish());
          else giveUp(noLonger());
        } catch (error) {
          giveUp(error);
        }
      }, giveUp);
    });
  }

  /** The body as it comes, no faster than it is read. To be called before anything is awaited; errors as `body`. */
  bodyStream(limitBytes: number): Readable {
    let bytes = 0;
    let paused = false;
    const resume = (): void => {
      if (paused && !this.#aborted) this.#res.resume();
      paused = false;
    };
    const stream = new Readable({
      read: resume,
      destroy: (error, done) => {
        // What still comes is thrown away, so that the answer can be read.
        resume();
        done(error);
      },
    });
    // Whoever begins to read later finds the error; without a listener it would end the process meanwhile.
    stream.on('error', () => undefined);
    if (this.#aborted) return stream.destroy(new AbortedError());
    this.#onAborted.push(() => stream.destroy(new AbortedError()));
    this.#receive(
      (chunk, isLast) => {
        bytes += chunk.byteLength;
        if (stream.destroyed) return;
        if (bytes > limitBytes) {
          stream.destroy(new OnlookerError('TOO_LARGE', `The body has more than ${limitBytes} bytes.`));
          return;
        }
        if (isLast && !this.#isStillLetIn) {
          stream.destroy(noLonger());
          return;
        }
        const room = stream.push(Buffer.from(chunk.slice(0)));
        if (isLast) {
          stream.push(null);
          // What had been received already comes in spite of a pause.
          if (paused) this.#awaitAnswer();
          paused = false;
        } else if (!room) {
          paused = true;
          this.#res.pause();
        }
      },
      (error) => stream.destroy(error as Error),
    );
    return stream;
  }

  /**
   * Reads on where the last of the body came after a pause, or a client that goes away would not be noticed. uWebSockets.js begins
   * to wait for more of the body with each `resume`, and cuts the connection after 10 s: asked again before, it waits on.
   */
  #awaitAnswer(): void {
    this.#res.resume();
    clearInterval(this.#waiting);
    this.#waiting = setInterval(() => this.#res.resume(), RESUME_MS);
    this.#onAborted.push(() => clearInterval(this.#waiting));
  }

  /** Sends the answer, to HEAD without its body; nothing happens when the client has gone. */
  async answer(given: Reply): Promise<void> {
    clearInterval(this.#waiting);
    if (this.#aborted) return;
    this.#letPass();
    const reply = { ...given, headers: mergedHeaders(given.headers, this.#ownHeaders) };
    const { body } = reply;
    const isWhole = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
    if (this.method === 'HEAD') writeHeadAlone(this.#res, reply, isWhole ? Buffer.byteLength(body ?? '') : undefined);
    else if (isWhole) this.#send(reply, Buffer.from(body ?? ''));
    else await this.#stream(reply, body);
  }

  /** Of a body that was kept and that nobody asked for the rest has to pass, or the client's next request would never be read. */
  #letPass(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    held.body.drop();
    this.#res.onData(() => undefined);
    if (held.isPaused) this.#res.resume();
  }

  /** The data that comes from now on, after what was kept of it; nobody who has gone may be listened to. */
  #receive(given: (chunk: ArrayBuffer, isLast: boolean) => void, fail: (error: unknown) => void): void {
    const take = (chunk: ArrayBuffer, isLast: boolean): void => {
      this.#onBytes(chunk.byteLength);
      given(chunk, isLast);
    };
    const held = this.#held;
    this.#held = null;
    this.#res.onData(take);
    if (held === null) return;
    if (held.failed === null) {
      const came = held.body.finish();
      if (came.length > 0 || held.isLast) take(new Uint8Array(came).buffer, held.isLast);
    } else fail(held.failed);
    if (held.isPaused) this.#res.resume();
  }

  /**
   * Sends as the client reads: nothing but the head is ever copied. What is left does not keep the service from shutting down. While it
   * waits the response is not done, and uWebSockets.js cuts a connection that has the next request on its way by then.
   */
  #send(reply: Reply, body: Buffer): void {
    const res = this.#res;
    let isDone = false;
    res.cork(() => {
      writeHead(res, reply);
      [, isDone] = res.tryEnd(body, body.length);
    });
    if (isDone) return;
    res.onWritable((offset) => {
      const [isSent] = res.tryEnd(body.subarray(offset), body.length);
      return isSent;
    });
  }

  async #stream(reply: Reply, body: AsyncIterable<Uint8Array>): Promise<void> {
    const res = this.#res;
    res.cork(() => writeHead(res, reply));
    try {
      for await (const chunk of body) {
        if (this.#aborted) return;
        let room = true;
        res.cork(() => {
          room = res.write(chunk);
        });
        if (!room) await this.#writable();
        if (this.#aborted) return;
      }
      if (!this.#aborted) res.cork(() => res.end());
    } catch (error) {
      // The head is out already: cutting the connection is the only way left to say that this is not the whole.
      if (!this.#aborted) res.close();
      throw error;
    }
  }

  async #writable(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onAborted.push(resolve);
      this.#res.onWritable(() => {
        resolve();
        return true;
      });
    });
  }
}

const noLonger = (): OnlookerError => new OnlookerError('UNAUTHORIZED', 'The key was revoked, or has run out.');

/** A parameter of the path; what is wrongly encoded stays as it is and then matches nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
