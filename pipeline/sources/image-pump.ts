// Hands the images of an http camera to an ffmpeg that scales them: only whole ones of an allowed size, only as many as are
// wanted, and only as fast as they are taken.
import type { Writable } from 'node:stream';
import type { FfmpegSupply } from './ffmpeg-feed.js';
import { TOO_MANY_BYTES, type Failure } from './failure.js';
import type { HttpCamera } from './http-camera.js';
import { JpegSplitter } from './jpeg-splitter.js';
import type { RateGuard } from './rate-guard.js';

export class ImagePump implements FfmpegSupply {
  readonly #camera: HttpCamera;
  readonly #pumping: Promise<void>;
  #failure: Failure | null = null;

  constructor(camera: HttpCamera, to: Writable, guard: RateGuard, maxImageBytes: number) {
    this.#camera = camera;
    this.#pumping = this.#pump(to, guard, new JpegSplitter(maxImageBytes));
  }

  get failure(): Failure | null {
    return this.#failure ?? this.#camera.failure;
  }

  hasReceived(): null {
    return this.#camera.hasReceived();
  }

  get isStill(): boolean | null {
    return this.#camera.isStill;
  }

  get codec(): string {
    return this.#camera.codec;
  }

  get quietMs(): number {
    return this.#camera.quietMs;
  }

  onAlive(tell: () => void): void {
    this.#camera.onAlive(tell);
  }

  async close(): Promise<void> {
    await this.#camera.stop();
    await this.#pumping;
  }

  async #pump(to: Writable, guard: RateGuard, splitter: JpegSplitter): Promise<void> {
    let images = 0;
    try {
      for await (const chunk of this.#camera.bytes) {
        for (const jpeg of splitter.push(chunk)) {
          images += 1;
          if (!guard.lets(performance.now())) continue;
          to.write(`--image\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
          to.write(jpeg);
          if (!to.write('\r\n')) await drained(to);
        }
        if (images === 0 && splitter.isPastBound) this.#failure = TOO_MANY_BYTES;
        if (to.destroyed || this.#failure !== null) break;
      }
    } catch {
      // The camera's connection, or ffmpeg's pipe, was lost: both end.
    }
    to.end();
  }
}

function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      to.off('drain', settle).off('close', settle);
      resolve();
    };
    to.on('drain', settle).on('close', settle);
    if (to.destroyed) settle();
  });
}
