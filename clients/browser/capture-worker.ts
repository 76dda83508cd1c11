// Runs as a worker of the page: reads a camera's frames, keeps the newest, and encodes one when it is asked to, so that
// the page's thread never touches a pixel. Must never hold two camera frames: the camera stops when its few are out.
import { scaledSize } from './capture.js';
import {
  trackProcessor,
  type CaptureReply,
  type CaptureRequest,
  type CaptureStart,
  type CaptureTake,
} from './capture-protocol.js';

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<CaptureRequest>) => void): void;
  postMessage(reply: CaptureReply, transfer?: Transferable[]): void;
}
const scope = globalThis as unknown as WorkerScope;

let newest: { readonly frame: VideoFrame; readonly ts: number } | undefined;
let hasEnded = false;
let wanted: CaptureTake | undefined;
let canvas: OffscreenCanvas | undefined;

scope.addEventListener('message', ({ data }) => {
  if (data.t === 'start') start(data);
  else {
    wanted = data;
    void serve();
  }
});

function start(source: CaptureStart): void {
  const Processor = trackProcessor();
  const frames = 'frames' in source ? source.frames : Processor && new Processor({ track: source.track }).readable;
  if (!frames || typeof OffscreenCanvas === 'undefined') {
    scope.postMessage({ t: 'unable' });
    return;
  }
  scope.postMessage({ t: 'started' });
  void read(frames.getReader());
}

async function read(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
  for (;;) {
    const { value: frame } = await reader.read().catch(() => ({ value: undefined }));
    newest?.frame.close();
    newest = frame && { frame, ts: Date.now() };
    hasEnded = frame === undefined;
    void serve();
    if (hasEnded) return;
  }
}

/** Answers the request that waits with the frame that waits, when there are both. */
async function serve(): Promise<void> {
  if (!wanted) return;
  if (hasEnded) {
    wanted = undefined;
    scope.postMessage({ t: 'ended' });
    return;
  }
  if (!newest) return;
  const { frame, ts } = newest;
  const { sidePx, quality } = wanted;
  newest = undefined;
  wanted = undefined;
  const source = { widthPx: frame.displayWidth, heightPx: frame.displayHeight };
  const [width, height] = scaledSize(source.widthPx, source.heightPx, sidePx);
  const surface = surfaceOf(width, height);
  const context = surface.getContext('2d', { alpha: false });
  context?.drawImage(frame, 0, 0, width, height);
  frame.close();
  const [blob, image] = await Promise.all([surface.convertToBlob({ type: 'image/jpeg', quality }), createImageBitmap(surface)]);
  const jpeg = await blob.arrayBuffer();
  scope.postMessage({ t: 'picture', image, jpeg, ts, source }, [image, jpeg]);
}

function surfaceOf(width: number, height: number): OffscreenCanvas {
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return canvas;
}
