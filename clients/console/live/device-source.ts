// This device's camera, or a film that was dropped on the page, sent by this page.
import type { CameraStream } from '../../browser/camera-stream.js';
import { CameraStream as Camera } from '../../browser/camera-stream.js';
import type { CameraSource } from '../../browser/camera-options.js';
import { scaledSize } from '../../browser/capture.js';
import { Rate } from '../../browser/rate.js';
import { ownStream } from '../app/own-stream.js';
import { SERVICE_URL } from '../app/service.js';
import { liveResult } from './live-result.js';
import type { LiveFigures, LiveListener, LiveSource } from './live-source.js';

const MAX_WIDTH_PX = 1280;

export class DeviceSource implements LiveSource {
  readonly stream: string;
  readonly video: HTMLVideoElement;
  readonly #camera: CameraStream;
  readonly #dropped = new Rate();

  /** @throws CameraError · ConnectionError · ServerError · the signal's reason */
  static async open(source: CameraSource, listener: LiveListener, signal: AbortSignal): Promise<DeviceSource> {
    // Events of this camera carry pictures, so that who came can be told from them afterwards.
    const camera = await Camera.open({
      url: SERVICE_URL,
      source,
      maxWidthPx: MAX_WIDTH_PX,
      thumbnails: true,
      signal,
      ...ownStream(),
    });
    return new DeviceSource(camera, listener);
  }

  private constructor(camera: CameraStream, listener: LiveListener) {
    this.#camera = camera;
    this.stream = camera.id;
    this.video = camera.video;
    let failure: unknown;
    camera.on('error', (error) => (failure = error));
    camera.on('state', (state) => {
      if (state === 'camera_lost' || state === 'closed') listener.onState({ is: 'failed', error: failure });
      else listener.onState({ is: state });
    });
    camera.on('result', (result, frame) => {
      if (result.status === 'dropped') this.#dropped.add(performance.now());
      const found = liveResult(result);
      if (!found || !frame) return;
      listener.onFrame({ seq: result.seq, image: frame.image, result: found, roundTripMs: Date.now() - frame.ts });
    });
    listener.onState({ is: camera.state === 'live' ? 'live' : 'reconnecting' });
  }

  get figures(): LiveFigures {
    const { answeredFps, dropped, credits, unanswered, roundTripMs, widthPx, quality, limitedBy } = this.#camera.stats;
    return {
      fps: answeredFps,
      droppedLately: Math.round(2 * this.#dropped.at(performance.now())),
      dropped,
      sending: { credits, unanswered, roundTripMs, widthPx, cameraWidthPx: this.#cameraWidthPx(), quality, limitedBy },
    };
  }

  /** The most that could be sent of what the camera shows now: a phone may have been turned. */
  #cameraWidthPx(): number {
    const { videoWidth, videoHeight } = this.video;
    return scaledSize(videoWidth, videoHeight, MAX_WIDTH_PX)[0];
  }

  close(): Promise<void> {
    return this.#camera.close();
  }
}
