// Reads a camera's connection in few pieces instead of one for each packet: each wakes this process up, and cameras send a
// picture as dozens. Holds one piece at a time; what is not read yet waits in the system, and then the camera does.
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { BytePace } from './byte-pace.js';
import { connectCamera, type ConnectionOptions } from './camera-connection.js';
import type { Failure } from './failure.js';
import type { CameraAddress } from './source-address.js';

export interface Taken {
  /** Whether more of it is about to come and need not be read one by one. */
  readonly isBurst: boolean;
  /** Where it went; what comes next waits until that has room. */
  readonly to: Writable | null;
}

const PIECE_BYTES = 65_536;
/** From the first packet of a picture, which is read at once, to the rest of it. */
const GATHER_MS = 3;

export class GatheredCamera {
  readonly socket: Socket;
  readonly #pace: BytePace;
  #take: ((piece: Buffer) => Taken) | null = null;
  #isHeld = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, maxBytesPerSecond: number) {
    this.socket = socket;
    this.#pace = new BytePace(maxBytesPerSecond);
  }

  /** @returns the camera, connected and not yet read; or why not. Never rejects */
  static async connect(
    address: CameraAddress,
    options: ConnectionOptions & { readonly maxBytesPerSecond: number },
  ): Promise<GatheredCamera | Failure> {
    let camera: GatheredCamera | null = null;
    const onread = {
      // Its own reads can be stopped at once; those of streams go on until their memory is full.
      buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
      // Copied: it is read into again while what was taken may still be on its way.
      callback: (bytes: number, buffer: Uint8Array) => {
        if (camera !== null) camera.#give(Buffer.from(buffer.subarray(0, bytes)));
        return true;
      },
    };
    const socket = await connectCamera(address, { ...options, onread });
    if ('reason' in socket) return socket;
    camera = new GatheredCamera(socket, options.maxBytesPerSecond);
    return camera;
  }

  /** Begins to read. Cameras do not speak before they are asked. */
  start(take: (piece: Buffer) => Taken): void {
    this.#take = take;
    this.socket.on('data', (piece: Buffer) => void this.#give(piece));
  }

  /** Reads what still comes, and forgets it. */
  drain(): Socket {
    clearTimeout(this.#timer);
    this.#take = null;
    return this.socket.resume();
  }

  #give(piece: Buffer): void {
    const taken = this.#take?.(piece);
    if (taken === undefined) return;
    const waitMs = this.#pace.waitMs(piece.length, performance.now());
    if (taken.isBurst || waitMs > 0) this.#hold(Math.max(GATHER_MS, waitMs), taken.to);
    else if (taken.to?.writableNeedDrain === true) this.#hold(0, taken.to);
  }

  #hold(waitMs: number, to: Writable | null): void {
    this.socket.pause();
    if (this.#isHeld) return;
    this.#isHeld = true;
    const readOn = (): void => {
      this.#isHeld = false;
      this.socket.resume();
    };
    this.#timer = setTimeout(() => {
      if (to?.writableNeedDrain === true) to.once('drain', readOn);
      else readOn();
    }, waitMs);
  }
}
