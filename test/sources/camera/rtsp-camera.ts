// An RTSP camera for tests and benches: serves one clip to any number of viewers, over TCP or UDP, at its own speed and
// again from the start, each viewer beginning with a key frame. It can freeze, die, come back as another, and ask for a password.
import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { recordClip, type ClipSettings, type RtpClip } from './rtp-clip.js';
import { interleaved, response, RtspReader, type RtspMessage } from './rtsp-wire.js';

export interface CameraOptions {
  readonly user?: string;
  readonly password?: string;
  /** How the password is asked for. Default digest. */
  readonly auth?: 'digest' | 'basic';
  /** Digest: `once`, each nonce is good for one request and no word is said of it; `stale`, every refusal calls it stale. Default: kept. */
  readonly nonces?: 'kept' | 'once' | 'stale';
  readonly path?: string;
  /** The host that it says its UDP packets come from, and who is told when something is sent there. */
  readonly udpSource?: { readonly host: string; readonly onPacket: () => void };
  /** Where it says that everything below `/moved` is now. */
  readonly movedTo?: (port: number) => string;
}
export interface Camera {
  /** With the right credentials where there are any. */
  readonly url: string;
  readonly port: number;
  /** `performance.now()` of the first packet of each picture sent to the newest viewer. */
  readonly sentAtMs: readonly number[];
  /** Requests that came with a login. */
  readonly logins: number;
  /** Connections that have been played to, ever, and now. */
  readonly viewers: { readonly total: number; readonly now: number };
  /** Silent, as if stopped by SIGSTOP: connections are still accepted by the system, nothing is read, answered or sent. */
  freeze(): void;
  thaw(): void;
  /** Ends the connections; the port stays open. */
  dropViewers(): void;
  /** Gone: connections reset, port closed. */
  kill(): Promise<void>;
  /** Back on the same port, with another clip if given. */
  restart(clip?: RtpClip): Promise<void>;
  close(): Promise<void>;
}

const REALM = 'camera';
/** RTP header: sequence number and timestamp. */
const SEQUENCE_AT = 2;
const TIMESTAMP_AT = 4;

/** Encodes the video, then serves it. */
export async function startCamera(settings: ClipSettings & CameraOptions): Promise<Camera> {
  return serveClip(await recordClip(settings), settings);
}

/** Serves a clip that is already encoded: many cameras may share one. */
export async function serveClip(firstClip: RtpClip, options: CameraOptions = {}): Promise<Camera> {
  const { user, password = '', path = '/stream' } = options;
  let clip = firstClip;
  let server: Server | null = null;
  let isFrozen = false;
  let total = 0;
  let logins = 0;
  const viewers = new Set<Viewer>();
  const sentAtMs: number[] = [];

  const listen = async (port: number): Promise<number> => {
    server = createServer((socket) => {
      const onPicture = (isFirst: boolean): void => {
        if (isFirst) {
          total += 1;
          sentAtMs.length = 0;
        }
        sentAtMs.push(performance.now());
      };
      const viewer = new Viewer(socket, clip, options, path, onPicture, () => (logins += 1));
      viewers.add(viewer);
      if (isFrozen) viewer.freeze();
      socket.once('close', () => viewers.delete(viewer));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const kill = async (): Promise<void> => {
    for (const viewer of viewers) viewer.end();
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    server = null;
    await closed;
  };
  const port = await listen(0);
  const credentials = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return {
    url: `rtsp://${credentials}127.0.0.1:${port}${path}`,
    port,
    sentAtMs,
    get logins() {
      return logins;
    },
    get viewers() {
      return { total, now: [...viewers].filter((viewer) => viewer.isPlaying).length };
    },
    freeze: () => {
      isFrozen = true;
      for (const viewer of viewers) viewer.freeze();
    },
    thaw: () => {
      isFrozen = false;
      for (const viewer of viewers) viewer.thaw();
    },
    dropViewers: () => {
      for (const viewer of viewers) viewer.end();
    },
    kill,
    restart: async (next = clip) => {
      await kill();
      clip = next;
      isFrozen = false;
      await listen(port);
    },
    close: kill,
  };
}

/** One connection: answers its requests, and plays to it. */
class Viewer {
  readonly #socket: Socket;
  readonly #clip: RtpClip;
  readonly #options: CameraOptions;
  readonly #path: string;
  readonly #onPicture: (isFirst: boolean) => void;
  readonly #onLogin: () => void;
  #nonce = randomBytes(8).toString('hex');
  /** Where each stream goes. */
  readonly #send = new Map<number, (packet: Buffer) => void>();
  readonly #udp: UdpSocket[] = [];
  readonly #sequence: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  #startMs = 0;
  #next = 0;
  #loops = 0;
  isPlaying = false;

  constructor(
    socket: Socket,
    clip: RtpClip,
    options: CameraOptions,
    path: string,
    onPicture: (isFirst: boolean) => void,
    onLogin: () => void,
  ) {
    this.#onLogin = onLogin;
    this.#socket = socket;
    this.#clip = clip;
    this.#options = options;
    this.#path = path;
    this.#onPicture = onPicture;
    const reader = new RtspReader();
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const item of reader.push(chunk)) if (item.kind === 'message') void this.#answer(item);
    });
    socket.once('close', () => this.#stop());
  }

  freeze(): void {
    this.#socket.pause();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Goes on where it was, as a stopped process does. */
  thaw(): void {
    this.#socket.resume();
    if (this.isPlaying) this.#play();
  }

  end(): void {
    this.#socket.resetAndDestroy();
  }

  #stop(): void {
    this.isPlaying = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const udp of this.#udp.splice(0)) udp.close();
  }

  async #answer(request: RtspMessage): Promise<void> {
    const [method = '', url = ''] = request.startLine.split(' ');
    const reply = (status: string, headers: Record<string, string> = {}, body = '') =>
      this.#socket.write(response(status, { CSeq: request.headers.get('cseq') ?? '0', ...headers }, body));
    if (method === 'OPTIONS') return void reply('200 OK', { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER' });
    if (!this.#isAllowed(method, url, request.headers.get('authorization'))) {
      const stale = this.#options.nonces === 'stale' ? ', stale=true' : '';
      const challenge =
        this.#options.auth === 'basic' ? `Basic realm="${REALM}"` : `Digest realm="${REALM}", nonce="${this.#nonce}"${stale}`;
      return void reply('401 Unauthorized', { 'WWW-Authenticate': challenge });
    }
    const { pathname, port } = new URL(url.replace(/^rtsp/, 'http'));
    if (this.#options.movedTo !== undefined && pathname.startsWith('/moved'))
      return void reply('302 Moved Temporarily', { Location: this.#options.movedTo(Number(port)) });
    if (!pathname.startsWith(this.#path)) return void reply('404 Not Found');
    if (method === 'DESCRIBE') {
      return void reply(
        '200 OK',
        { 'Content-Type': 'application/sdp', 'Content-Base': `${url.replace(/\/$/, '')}/` },
        this.#clip.sdp,
      );
    }
    if (method === 'SETUP')
      return void reply('200 OK', { Session: '1', Transport: await this.#setUp(url, request.headers.get('transport') ?? '') });
    reply('200 OK', { Session: '1' });
    if (method === 'PLAY') {
      this.isPlaying = true;
      this.#startMs = performance.now();
      this.#play();
    } else if (method === 'TEARDOWN') this.#socket.end();
  }

  #isAllowed(method: string, url: string, authorization = ''): boolean {
    const { user, password = '', auth = 'digest', nonces } = this.#options;
    if (user === undefined) return true;
    if (authorization !== '') this.#onLogin();
    if (auth === 'basic') return authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const given = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(authorization)?.[1];
    const expected = md5(`${md5(`${user}:${REALM}:${password}`)}:${this.#nonce}:${md5(`${method}:${url}`)}`);
    const isRight = given('response') === expected && Buffer.from(given('username') ?? '', 'latin1').toString() === user;
    if (isRight && nonces === 'once') this.#nonce = randomBytes(8).toString('hex');
    return isRight;
  }

  /** @returns the transport agreed on */
  async #setUp(url: string, transport: string): Promise<string> {
    const stream = Number(/streamid=(\d+)/.exec(url)?.[1] ?? 0);
    const channel = /interleaved=(\d+)/.exec(transport)?.[1];
    if (channel !== undefined) {
      this.#send.set(stream, (packet) => this.#socket.write(interleaved(Number(channel), packet)));
      return `RTP/AVP/TCP;unicast;interleaved=${channel}-${Number(channel) + 1}`;
    }
    const clientPort = Number(/client_port=(\d+)/.exec(transport)?.[1]);
    const udp = createSocket('udp4');
    this.#udp.push(udp);
    udp.on('error', () => undefined);
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    this.#send.set(stream, (packet) => udp.send(packet, clientPort, '127.0.0.1'));
    const { port } = udp.address();
    const source = this.#options.udpSource;
    if (source !== undefined) {
      const named = createSocket('udp4').on('message', source.onPacket);
      this.#udp.push(named.on('error', () => undefined));
      named.bind(port, source.host);
      await once(named, 'listening');
    }
    return `RTP/AVP;unicast;client_port=${clientPort}-${clientPort + 1};server_port=${port}-${port + 1}${source === undefined ? '' : `;source=${source.host}`}`;
  }

  /** Sends what is due, then waits for what comes next. */
  #play(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const { packets, durationS } = this.#clip;
    for (;;) {
      const packet = packets[this.#next];
      if (packet === undefined) return;
      const waitMs = this.#startMs + (this.#loops * durationS + packet.atS) * 1000 - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#play(), waitMs);
        return;
      }
      const before = packets[this.#next - 1];
      if (packet.stream === 0 && (before?.stream !== 0 || before.atS !== packet.atS))
        this.#onPicture(this.#next === 0 && this.#loops === 0);
      this.#send.get(packet.stream)?.(this.#renumbered(packet.stream, packet.bytes));
      this.#next += 1;
      if (this.#next === packets.length) {
        this.#next = 0;
        this.#loops += 1;
      }
    }
  }

  #renumbered(stream: number, original: Buffer): Buffer {
    const packet = Buffer.from(original);
    const sequence = (this.#sequence[stream] ?? 0) & 0xffff;
    this.#sequence[stream] = sequence + 1;
    packet.writeUInt16BE(sequence, SEQUENCE_AT);
    const ticks = Math.round(this.#loops * this.#clip.durationS * (this.#clip.clockRates[stream] ?? 90_000));
    packet.writeUInt32BE((original.readUInt32BE(TIMESTAMP_AT) + ticks) >>> 0, TIMESTAMP_AT);
    return packet;
  }
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
