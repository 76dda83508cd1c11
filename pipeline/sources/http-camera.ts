// An http camera: asked for its pictures, with its password and along its redirections, until it sends some. They come
// ready as JPEG images, so no ffmpeg and no reader of playlists ever sees what such a camera sends.
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { JpegHeader } from '../jpeg-header.js';
import type { PictureFormat } from '../../protocol/streams.js';
import { BytePace } from './byte-pace.js';
import { connectCamera, type ConnectionOptions } from './camera-connection.js';
import { Authorization } from './challenge.js';
import { answerFailure, connectionFailure, NO_VIDEO, REDIRECTED, UNANSWERED, type Failure } from './failure.js';
import type { PictureFeed } from './picture-feed.js';
import { MOST_REDIRECTS, redirectTarget } from './redirect.js';
import type { AddressRules, CameraAddress } from './source-address.js';

export interface HttpCameraOptions extends ConnectionOptions {
  readonly rules: AddressRules;
  readonly maxBytesPerSecond: number;
}

/** What cameras call their pictures; some call them nothing in particular. Pages, lists and data are something else. */
const PICTURES =
  /^"?(multipart\/|image\/(jpe?g|pjpeg|x-jpe?g|mjpe?g|\*)|video\/(x-)?(motion-)?m?jpe?g|(application|binary)\/(x-)?octet-stream)/i;
/** One request without and one with the password, for each place that it leads to. */
const MOST_REQUESTS = 2 * (MOST_REDIRECTS + 1);

interface Answer {
  readonly response: IncomingMessage;
  readonly socket: Socket;
}

export class HttpCamera implements PictureFeed {
  readonly #answer: Answer;
  readonly #pace: BytePace;
  #isRegular = false;
  readonly failure: Failure | null = null;
  readonly bytes: AsyncIterable<Buffer>;
  readonly ended: Promise<boolean>;

  private constructor(answer: Answer, maxBytesPerSecond: number) {
    this.#answer = answer;
    this.#pace = new BytePace(maxBytesPerSecond);
    this.bytes = this.#read();
    this.ended = new Promise((resolve) => {
      if (answer.socket.closed) resolve(false);
      else answer.socket.once('close', () => resolve(this.#isRegular));
    });
  }

  /** @returns the camera as soon as it has begun to answer with pictures, or why it does not. Never rejects */
  static async open(first: CameraAddress, options: HttpCameraOptions): Promise<HttpCamera | Failure> {
    let address = first;
    let authorization = Authorization.with(first.credentials);
    let redirects = 0;
    const endMs = performance.now() + options.timeoutMs;
    for (let requests = 0; requests < MOST_REQUESTS; requests++) {
      const answer = await ask(address, authorization, options, endMs);
      if ('reason' in answer) return answer;
      const { response, socket } = answer;
      const { statusCode: status = 0, headers } = response;
      if (status === 200 && PICTURES.test(headers['content-type'] ?? 'multipart/'))
        return new HttpCamera(answer, options.maxBytesPerSecond);
      socket.destroy();
      if (status === 200) return NO_VIDEO;
      if (status === 401) {
        if (authorization?.accept(challengesOf(response)) !== true) return answerFailure(status);
      } else if (status >= 300 && status < 400) {
        const next = redirectTarget(address, answer.ip, headers.location ?? '', options.rules);
        if (next === null || ++redirects > MOST_REDIRECTS) return REDIRECTED;
        address = next;
        authorization = Authorization.with(next.credentials);
      } else return answerFailure(status);
    }
    return REDIRECTED;
  }

  hasReceived(): null {
    // Each image is whole: there is nothing that could come in between.
    return null;
  }

  onFatal(): void {
    // Nothing is known of its pictures that is not in them.
  }

  format(header: JpegHeader | null): PictureFormat | null {
    return header === null ? null : { codec: 'mjpeg', width: header.width, height: header.height, fps: null };
  }

  async stop(): Promise<void> {
    this.#answer.socket.destroy();
    await this.ended;
  }

  async *#read(): AsyncGenerator<Buffer> {
    const { response, socket } = this.#answer;
    try {
      for await (const chunk of response) {
        const bytes = chunk as Buffer;
        const waitMs = this.#pace.waitMs(bytes.length, performance.now());
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        yield bytes;
      }
      this.#isRegular = true;
    } finally {
      socket.destroy();
    }
  }
}

const challengesOf = ({ headersDistinct }: IncomingMessage): readonly string[] => headersDistinct['www-authenticate'] ?? [];

/** One request on a connection of its own. @returns its answer, whose pictures are still to come */
async function ask(
  address: CameraAddress,
  authorization: Authorization | null,
  options: HttpCameraOptions,
  endMs: number,
): Promise<(Answer & { readonly ip: string }) | Failure> {
  const leftMs = (): number => Math.max(1, endMs - performance.now());
  const socket = await connectCamera(address, { ...options, timeoutMs: leftMs() });
  if ('reason' in socket) return socket;
  const ip = socket.remoteAddress ?? address.host;
  const { host, pathname, search } = new URL(address.url);
  const path = `${pathname}${search}`;
  const credentials = authorization?.header('GET', path) ?? null;
  return new Promise((resolve) => {
    const fail = (failure: Failure): void => {
      settle(failure);
      socket.destroy();
    };
    const abandon = (): void => fail(UNANSWERED);
    const timer = setTimeout(abandon, leftMs());
    const settle = (answer: (Answer & { readonly ip: string }) | Failure): void => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', abandon);
      resolve(answer);
    };
    options.signal.addEventListener('abort', abandon, { once: true });
    const headers = { Host: host, 'User-Agent': 'onlooker', Accept: '*/*', Connection: 'close' };
    const asked = request({
      createConnection: () => socket,
      path,
      headers: { ...headers, ...(credentials === null ? {} : { Authorization: credentials }) },
      // Cameras are not careful with what they write.
      insecureHTTPParser: true,
    });
    asked.once('response', (response) => {
      response.on('error', () => undefined);
      settle({ response, socket, ip });
    });
    asked.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code?.startsWith('HPE_') === true ? NO_VIDEO : connectionFailure(undefined)),
    );
    asked.once('close', () => fail(connectionFailure(undefined)));
    if (options.signal.aborted) abandon();
    else asked.end();
  });
}
