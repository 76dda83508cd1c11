// Stands between ffmpeg and an RTSP camera: ffmpeg connects to it on loopback, and it to the camera. So ffmpeg never learns
// the password, follows no redirection and reaches no host but this one; what the camera says is read and written anew.
//
//   ffmpeg ──rtsp://127.0.0.1:…/token──▶ relay ──rtsp(s)://camera/…──▶ camera
//          requests: the address put back, CSeq counted anew, Authorization put in
//          answers:  401 answered here, 3xx judged and followed or ended here; the others, and all packets, handed on
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ConnectionOptions } from './camera-connection.js';
import { Authorization } from './challenge.js';
import { NO_VIDEO, REDIRECTED, TOO_MANY_BYTES, type Failure } from './failure.js';
import { GatheredCamera, type Taken } from './gathered-camera.js';
import { PictureBound } from './picture-bound.js';
import { MOST_REDIRECTS, redirectTarget } from './redirect.js';
import { headerOf, RtspSplitter, rtspText, type RtspMessage } from './rtsp-splitter.js';
import type { AddressRules, CameraAddress } from './source-address.js';
import { VideoPackets } from './video-packets.js';

export interface RtspRelayOptions extends ConnectionOptions {
  readonly rules: AddressRules;
  /** Of one picture. */
  readonly maxPictureBytes: number;
  readonly maxBytesPerSecond: number;
}

/** A request of ffmpeg that the camera has not answered yet. */
interface Pending {
  readonly request: RtspMessage;
  /** As ffmpeg counts. */
  readonly cseq: string;
  /** As the camera is told. */
  readonly sentCseq: string;
}

/** ffmpeg asks one thing at a time, and now and then that the session be kept. */
const MOST_PENDING = 16;
/** After the camera was told goodbye, its connection is closed by force. */
const FAREWELL_MS = 250;
/** Other processes of this machine may knock too. */
const MOST_GUESTS = 4;
const NOTHING = Buffer.alloc(0);

export class RtspRelay {
  readonly #options: RtspRelayOptions;
  readonly #server: Server;
  readonly #token = randomBytes(16).toString('hex');
  readonly #bound: PictureBound;
  readonly #video = new VideoPackets();
  readonly #guests = new Set<Socket>();
  #address: CameraAddress;
  #authorization: Authorization | null;
  #camera: GatheredCamera;
  #player: Socket | null = null;
  #pending: Pending[] = [];
  #cseq = 0;
  #redirects = 0;
  #isUdp = false;
  #isPlaying = false;
  #failure: Failure | null = null;
  #closing: Promise<void> | null = null;

  private constructor(address: CameraAddress, camera: GatheredCamera, server: Server, options: RtspRelayOptions) {
    this.#options = options;
    this.#address = address;
    this.#authorization = Authorization.with(address.credentials);
    this.#camera = camera;
    this.#server = server;
    this.#bound = new PictureBound(options.maxPictureBytes);
    server.on('connection', (socket) => this.#welcome(socket));
    this.#listen(camera);
  }

  /** Connects to the camera. @returns the relay, ready for ffmpeg; or why the camera cannot be had. Never rejects */
  static async open(address: CameraAddress, options: RtspRelayOptions): Promise<RtspRelay | Failure> {
    const camera = await GatheredCamera.connect(address, options);
    if ('reason' in camera) return camera;
    const server = createServer({ noDelay: true });
    // With UDP ffmpeg takes the packets in the family of the address that it knows.
    server.listen(0, isIPv6(camera.socket.remoteAddress ?? '') ? '::1' : '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      camera.socket.destroy();
      return { kind: 'passing', reason: 'an error inside of the service' };
    }
    return new RtspRelay(address, camera, server, options);
  }

  /** What ffmpeg is to open. The token in it keeps other processes of this machine out. */
  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `rtsp://${family === 'IPv6' ? `[${address}]` : address}:${port}/${this.#token}`;
  }
  /** Why it was ended from here. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** As of a feed. Over UDP packets go past the relay, but ffmpeg ends by itself where none come: while it runs they do. */
  hasReceived(): boolean | null {
    return this.#isUdp && this.#isPlaying ? true : this.#video.hasReceived();
  }

  /** How many pictures came; null where that cannot be seen. */
  get pictures(): number | null {
    return this.#isUdp ? null : this.#video.pictures;
  }

  /** Lets what is said be said, then closes everything. Resolves when nothing of it is left. */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    const sockets = [this.#camera.drain(), ...this.#guests];
    for (const socket of sockets) socket.destroySoon();
    const force = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, FAREWELL_MS);
    this.#server.close();
    await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));
    clearTimeout(force);
  }

  /** A connection to the relay: ffmpeg's, if its first request has the token. */
  #welcome(socket: Socket): void {
    if (this.#player !== null || this.#guests.size >= MOST_GUESTS || this.#closing !== null) return void socket.destroy();
    this.#guests.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#guests.delete(socket);
      if (socket === this.#player) this.#camera.drain().destroySoon();
    });
    const splitter = new RtspSplitter({
      message: (request) => {
        if (socket === this.#player || this.#admit(socket, request)) this.#ask(request);
        else socket.destroy();
      },
      packet: () => undefined,
      packets: (bytes) => {
        if (socket === this.#player) this.#camera.socket.write(bytes);
      },
    });
    socket.on('data', (chunk) =>
      guarded(
        () => splitter.push(chunk),
        () => socket.destroy(),
      ),
    );
  }

  #admit(socket: Socket, { startLine }: RtspMessage): boolean {
    if (this.#player !== null || this.#camera.socket.destroyed || !(startLine.split(' ')[1] ?? '').startsWith(this.url))
      return false;
    this.#player = socket;
    for (const guest of this.#guests) if (guest !== socket) guest.destroy();
    return true;
  }

  /** Sends a request of ffmpeg to the camera as a client of the camera's own would. */
  #ask(request: RtspMessage): void {
    if (this.#pending.length >= MOST_PENDING) return void this.#player?.destroy();
    const [method = '', uri = ''] = request.startLine.split(' ');
    // An answer to something that the camera asked.
    if (/^RTSP\//.test(method)) return;
    const sentCseq = String(++this.#cseq);
    this.#pending.push({ request, cseq: headerOf(request.headers, 'cseq') ?? '0', sentCseq });
    const asked = uri.startsWith(this.url) ? this.#address.url + uri.slice(this.url.length) : uri;
    const authorization = this.#authorization?.header(method, asked) ?? null;
    const headers = [
      ['CSeq', sentCseq],
      ...request.headers.filter(([name]) => !/^(cseq|authorization)$/i.test(name)),
      ...(authorization === null ? [] : [['Authorization', authorization]]),
    ] as [string, string][];
    this.#camera.socket.write(rtspText(`${method} ${asked} RTSP/1.0`, headers, request.body));
  }

  #listen(camera: GatheredCamera): void {
    const splitter = new RtspSplitter({
      message: (message) => this.#hear(message),
      packet: (channel, packet) => {
        this.#video.take(packet);
        if (!this.#bound.lets(channel, packet)) this.#fail(TOO_MANY_BYTES);
      },
      packets: (bytes) => void this.#player?.write(bytes),
    });
    camera.start((piece): Taken => {
      guarded(
        () => splitter.push(piece),
        () => this.#fail(NO_VIDEO),
      );
      return { isBurst: this.#bound.isWithin, to: this.#player };
    });
    camera.socket.once('close', () => {
      if (camera === this.#camera) this.#player?.destroySoon();
    });
  }

  /** Whatever the camera says. */
  #hear(message: RtspMessage): void {
    const status = Number(/^RTSP\/\d\.\d (\d{3})(?: |$)/.exec(message.startLine)?.[1] ?? 0);
    if (status === 0) return this.#refuse(message);
    const cseq = headerOf(message.headers, 'cseq');
    const index = Math.max(
      0,
      this.#pending.findIndex(({ sentCseq }) => sentCseq === cseq),
    );
    const [pending] = this.#pending.splice(index, 1);
    if (pending === undefined) return;
    if (status === 401) {
      const challenges = message.headers.filter(([name]) => name.toLowerCase() === 'www-authenticate').map(([, value]) => value);
      if (this.#authorization?.accept(challenges) === true) return this.#ask(pending.request);
    } else if (status < 300) this.#authorization?.taken();
    if (status >= 300 && status < 400) return void this.#follow(pending, headerOf(message.headers, 'location') ?? '');
    if (status === 200 && pending.request.startLine.startsWith('PLAY ')) this.#isPlaying = true;
    this.#video.describe(message.body.toString('latin1'));
    const headers = message.headers
      .filter(([name]) => !/^(cseq|location|www-authenticate)$/i.test(name))
      .map(([name, value]): [string, string] => [name, name.toLowerCase() === 'transport' ? this.#transport(value) : value]);
    const reason = message.startLine.slice('RTSP/1.0 000'.length).trim();
    this.#player?.write(rtspText(`RTSP/1.0 ${status} ${reason}`, [['CSeq', pending.cseq], ...headers], message.body));
  }

  /** A request of the camera's: nothing of it reaches ffmpeg. */
  #refuse({ startLine, headers }: RtspMessage): void {
    if (/^RTSP\//.test(startLine)) return;
    const status = startLine.startsWith('OPTIONS ') ? '200 OK' : '501 Not Implemented';
    this.#camera.socket.write(rtspText(`RTSP/1.0 ${status}`, [['CSeq', headerOf(headers, 'cseq') ?? '0']], NOTHING));
  }

  /** Over UDP packets come from the camera and go to it, whatever host it names. */
  #transport(value: string): string {
    this.#isUdp = !/interleaved/i.test(value);
    if (!this.#isUdp) return value;
    return `${value.replace(/;\s*(source|destination)\s*=[^;,]*/gi, '')};source=${this.#camera.socket.remoteAddress ?? ''}`;
  }

  async #follow(pending: Pending, location: string): Promise<void> {
    const left = this.#camera;
    const next = redirectTarget(this.#address, left.socket.remoteAddress ?? '', location, this.#options.rules);
    if (next === null || ++this.#redirects > MOST_REDIRECTS) return this.#fail(REDIRECTED);
    const camera = await GatheredCamera.connect(next, this.#options);
    if ('reason' in camera) return this.#fail(camera);
    if (this.#closing !== null) return void camera.socket.destroy();
    this.#address = next;
    this.#authorization = Authorization.with(next.credentials);
    this.#camera = camera;
    left.drain().destroy();
    this.#pending = [];
    this.#listen(camera);
    this.#ask(pending.request);
  }

  #fail(failure: Failure): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    // ffmpeg ends by itself once nothing more can come.
    this.#camera.drain().destroy();
    this.#player?.destroySoon();
  }
}

function guarded(work: () => void, onError: () => void): void {
  try {
    work();
  } catch {
    onError();
  }
}
