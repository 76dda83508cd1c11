// Asks an http camera, with its password and along its redirections, as often as it is wanted; on one connection where the
// camera keeps it open.
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { afterRunning, runningMs } from '../threads/running-time.js';
import { connectCamera, type ConnectionOptions } from './camera-connection.js';
import { Authorization } from './challenge.js';
import { decoded } from './content-encoding.js';
import { answerFailure, connectionFailure, NO_VIDEO, REDIRECTED, UNANSWERED, type Failure } from './failure.js';
import { MOST_REDIRECTS, redirectTarget } from './redirect.js';
import type { AddressRules, CameraAddress } from './source-address.js';

export interface HttpSessionOptions extends ConnectionOptions {
  readonly rules: AddressRules;
}
export interface HttpAnswer {
  /** Of a status that says it holds something, or 304. */
  readonly response: IncomingMessage;
  /** What it holds, still to come. */
  readonly body: Readable;
  readonly socket: Socket;
}
interface Asked extends HttpAnswer {
  readonly ip: string;
}

/** One request without and one with the password, for each place that it leads to. */
const MOST_REQUESTS = 2 * (MOST_REDIRECTS + 1);
/** A camera that asks for more is asked again after this. */
const LONGEST_WAIT_MS = 10 * 60_000;

export class HttpSession {
  readonly #first: CameraAddress;
  readonly #options: HttpSessionOptions;
  /** By origin: what was answered to a challenge holds for the next picture as well. */
  readonly #authorizations = new Map<string, Authorization | null>();
  #kept: Socket | null = null;
  #current: Socket | null = null;
  #isClosed = false;

  constructor(first: CameraAddress, options: HttpSessionOptions) {
    this.#first = first;
    this.#options = options;
  }

  /**
   * @param conditions headers such as `If-None-Match`
   * @returns the answer with a picture or the one that says it is unchanged, or why there is none. Never rejects
   */
  async get(conditions: Readonly<Record<string, string>> = {}): Promise<HttpAnswer | Failure> {
    const endMs = runningMs() + this.#options.timeoutMs;
    const challenged = new Set<string>();
    // From the beginning each time: some cameras lead to another address for each picture.
    let address = this.#first;
    let redirects = 0;
    for (let requests = 0; requests < MOST_REQUESTS; requests++) {
      const { origin } = new URL(address.url);
      const answer = await this.#ask(address, this.#authorizations.get(origin) ?? null, conditions, endMs);
      if ('reason' in answer) return answer;
      const { response, socket } = answer;
      const { statusCode: status = 0, headers } = response;
      if (holdsSomething(status) || (status === 304 && Object.keys(conditions).length > 0)) return answer;
      socket.destroy();
      if (status === 401) {
        // An old challenge may have run out: the first refusal of each question begins anew.
        if (!challenged.has(origin)) this.#authorizations.set(origin, Authorization.with(address.credentials));
        challenged.add(origin);
        const challenges = response.headersDistinct['www-authenticate'] ?? [];
        if (this.#authorizations.get(origin)?.accept(challenges) !== true) return answerFailure(status);
      } else if (status >= 300 && status < 400) {
        const next = redirectTarget(address, answer.ip, headers.location ?? '', this.#options.rules);
        if (next === null || ++redirects > MOST_REDIRECTS) return REDIRECTED;
        address = next;
      } else return { ...answerFailure(status), ...waitOf(status, headers['retry-after']) };
    }
    return REDIRECTED;
  }

  /** Ends whatever is open. */
  close(): void {
    this.#isClosed = true;
    this.#kept?.destroy();
    this.#current?.destroy();
  }

  async #ask(
    address: CameraAddress,
    authorization: Authorization | null,
    conditions: Readonly<Record<string, string>>,
    endMs: number,
  ): Promise<Asked | Failure> {
    const kept = this.#take(address);
    if (kept !== null) {
      const answer = await this.#exchange(kept, address, authorization, conditions, endMs);
      // The camera may have closed it just now: that is no failure of the camera.
      if (!('reason' in answer) || answer.kind !== 'unreachable' || this.#isClosed) return answer;
    }
    const leftMs = Math.max(1, endMs - runningMs());
    const socket = await connectCamera(address, { ...this.#options, timeoutMs: leftMs });
    if ('reason' in socket) return socket;
    if (!this.#isClosed) return this.#exchange(socket, address, authorization, conditions, endMs);
    socket.destroy();
    return UNANSWERED;
  }

  /** The connection that was kept open, for the place that it leads to. */
  #take({ url }: CameraAddress): Socket | null {
    const kept = this.#kept;
    this.#kept = null;
    if (kept === null) return null;
    // Of other places none is kept.
    if (!kept.destroyed && kept.writable && new URL(url).origin === new URL(this.#first.url).origin) return kept;
    kept.destroy();
    return null;
  }

  #exchange(
    socket: Socket,
    address: CameraAddress,
    authorization: Authorization | null,
    conditions: Readonly<Record<string, string>>,
    endMs: number,
  ): Promise<Asked | Failure> {
    this.#current = socket;
    const { signal } = this.#options;
    const ip = socket.remoteAddress ?? address.host;
    const { host, origin, pathname, search } = new URL(address.url);
    const path = `${pathname}${search}`;
    const credentials = authorization?.header('GET', path) ?? null;
    return new Promise((resolve) => {
      let isSettled = false;
      const settle = (answer: Asked | Failure): void => {
        if (isSettled) return;
        isSettled = true;
        cancel();
        signal.removeEventListener('abort', abandon);
        if ('reason' in answer) socket.destroy();
        resolve(answer);
      };
      const abandon = (): void => settle(UNANSWERED);
      const cancel = afterRunning(Math.max(1, endMs - runningMs()), abandon);
      signal.addEventListener('abort', abandon, { once: true });
      const headers = { Host: host, 'User-Agent': 'onlooker', Accept: '*/*', Connection: 'keep-alive', ...conditions };
      const asked = request({
        createConnection: () => socket,
        path,
        headers: { ...headers, ...(credentials === null ? {} : { Authorization: credentials }) },
        // Cameras are not careful with what they write.
        insecureHTTPParser: true,
      });
      asked.once('response', (response) => {
        response.on('error', () => undefined);
        // Told by Node once the whole answer was read and the camera keeps the connection open.
        if (origin === new URL(this.#first.url).origin) socket.once('free', () => this.#keep(socket));
        settle({ response, body: decoded(response), socket, ip });
      });
      asked.on('error', (error: NodeJS.ErrnoException) =>
        settle(error.code?.startsWith('HPE_') === true ? NO_VIDEO : connectionFailure(undefined)),
      );
      asked.once('close', () => settle(connectionFailure(undefined)));
      if (signal.aborted) abandon();
      else asked.end();
    });
  }

  #keep(socket: Socket): void {
    if (this.#isClosed) socket.destroy();
    else this.#kept = socket;
  }
}

/** Also what proxies (203) and servers of files (206) say. */
const holdsSomething = (status: number): boolean => status >= 200 && status < 300 && status !== 204 && status !== 205;

/** How long a camera that is busy wants to be left alone: seconds or a date (RFC 9110). */
function waitOf(status: number, header: string | undefined): { readonly waitMs?: number } {
  if ((status !== 429 && status !== 503) || header === undefined) return {};
  const waitMs = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return waitMs > 0 ? { waitMs: Math.min(waitMs, LONGEST_WAIT_MS) } : {};
}
