// Takes pictures of a video element with a canvas: for films and elements, and where there is no worker for a camera.
import type { Capture, Picture } from './capture.js';
import { scaledSize } from './capture.js';
import { CameraError } from './camera-error.js';

export class PageCapture implements Capture {
  readonly kind = 'page';
  readonly #video: HTMLVideoElement;
  readonly #canvas = document.createElement('canvas');
  readonly #closed = new AbortController();

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  async take({ sidePx, quality }: { readonly sidePx: number; readonly quality: number }): Promise<Picture | undefined> {
    await this.#nextFrame();
    if (this.#closed.signal.aborted) return undefined;
    const ts = Date.now();
    const { videoWidth, videoHeight } = this.#video;
    const [width, height] = scaledSize(videoWidth, videoHeight, sidePx);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#canvas.getContext('2d', { alpha: false })?.drawImage(this.#video, 0, 0, width, height);
    try {
      const [blob, image] = await Promise.all([jpegOf(this.#canvas, quality), createImageBitmap(this.#canvas)]);
      return { image, jpeg: await blob.arrayBuffer(), ts, source: { widthPx: videoWidth, heightPx: videoHeight } };
    } catch (cause) {
      throw new CameraError('not_playable', 'the pixels of this video may not be read', { cause });
    }
  }

  close(): void {
    this.#closed.abort();
    // A canvas without a size holds no memory.
    this.#canvas.width = 0;
    this.#canvas.height = 0;
  }

  /** Resolves when the video shows a frame that was not taken yet, or when it is closed. */
  #nextFrame(): Promise<void> {
    const { signal } = this.#closed;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const frame = this.#video.requestVideoFrameCallback(() => settle());
      const settle = () => {
        signal.removeEventListener('abort', settle);
        this.#video.cancelVideoFrameCallback(frame);
        resolve();
      };
      signal.addEventListener('abort', settle);
    });
  }
}

function jpegOf(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas has no picture'))), 'image/jpeg', quality),
  );
}
