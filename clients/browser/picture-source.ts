// Where a camera stream's pictures come from, opened: an element that shows them and, of a camera, the track to read.
// Must never stop what is not its own: a stream or an element of the page goes on when it is closed.
import { CameraError, cameraErrorOf } from './camera-error.js';
import type { CameraSource } from './camera-options.js';

/** Cameras are asked for what the service can use; what they have instead is taken as well. */
const IDEAL_WIDTH_PX = 1280;
const IDEAL_HEIGHT_PX = 720;

export class PictureSource {
  readonly video: HTMLVideoElement;
  /** The track to read frames of; undefined where the element is all there is. */
  readonly track: MediaStreamTrack | undefined;
  readonly #release: () => void;

  /**
   * @param video shows the pictures, unless the source is an element that shows them already
   * @throws CameraError
   */
  static async open(source: CameraSource, maxFps: number, video: HTMLVideoElement): Promise<PictureSource> {
    if (source.kind === 'camera') {
      const stream = await cameraOf(source, maxFps);
      return PictureSource.#ofStream(stream, video, () => stream.getTracks().forEach((track) => track.stop()));
    }
    if (source.kind === 'stream') return PictureSource.#ofStream(source.stream, video, () => undefined);
    if (source.kind === 'element') return new PictureSource(source.video, undefined, () => undefined);
    return PictureSource.#ofFile(source.file, video);
  }

  private constructor(video: HTMLVideoElement, track: MediaStreamTrack | undefined, release: () => void) {
    this.video = video;
    this.track = track;
    this.#release = release;
  }

  close(): void {
    this.#release();
  }

  static async #ofStream(stream: MediaStream, video: HTMLVideoElement, stop: () => void): Promise<PictureSource> {
    const [track] = stream.getVideoTracks();
    if (!track) throw new CameraError('no_camera', 'the stream has no picture');
    video.srcObject = stream;
    const source = new PictureSource(video, track, () => {
      stop();
      video.srcObject = null;
    });
    await play(video, source);
    return source;
  }

  static async #ofFile(file: Blob, video: HTMLVideoElement): Promise<PictureSource> {
    const address = URL.createObjectURL(file);
    const source = new PictureSource(video, undefined, () => {
      video.removeAttribute('src');
      video.load();
      URL.revokeObjectURL(address);
    });
    video.loop = true;
    video.src = address;
    await play(video, source);
    return source;
  }
}

/** An element that may play without being asked to, since it makes no sound. */
export function quietVideo(): HTMLVideoElement {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  return video;
}

async function play(video: HTMLVideoElement, source: PictureSource): Promise<void> {
  try {
    await video.play();
    if (video.videoWidth === 0) throw new Error('it has no picture');
  } catch (cause) {
    source.close();
    throw new CameraError('not_playable', 'the browser cannot play this', { cause });
  }
}

async function cameraOf(source: CameraSource & { readonly kind: 'camera' }, maxFps: number): Promise<MediaStream> {
  // Pages that are neither https nor of this machine have no `mediaDevices`, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new CameraError('not_supported', 'browsers give cameras only to pages over https or of this machine');
  const which =
    source.deviceId === undefined ? { facingMode: source.facingMode ?? 'user' } : { deviceId: { exact: source.deviceId } };
  try {
    return await devices.getUserMedia({
      audio: false,
      video: {
        ...which,
        width: { ideal: IDEAL_WIDTH_PX },
        height: { ideal: IDEAL_HEIGHT_PX },
        frameRate: { ideal: Math.min(30, maxFps) },
      },
    });
  } catch (cause) {
    throw cameraErrorOf(cause);
  }
}
