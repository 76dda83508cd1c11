// The picture: the moving one beneath, and over it each answered frame with its own boxes. While no answers come the moving
// picture is seen alone, without boxes that would be of another moment.
import { useEffect, useRef } from 'preact/hooks';
import type { LiveFrame } from './live-source.js';
import type { LiveSession } from './live-session.js';
import { drawFrame } from './overlay.js';

/** An answered frame is not shown for longer than this where there is a moving picture to see instead. */
const STALE_MS = 700;

export function PictureStage({ session, label }: { readonly session: LiveSession; readonly label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const video = session.source.value?.video;

  useEffect(() => {
    if (!video) return;
    video.className = 'live-video';
    video.setAttribute('aria-hidden', 'true');
    place.current?.prepend(video);
    return () => video.remove();
  }, [video]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    return drawingOn(element, context, session);
  }, [session]);

  return (
    <div class="live-picture" ref={place}>
      <canvas ref={canvas} class="live-canvas" role="img" aria-label={label} />
    </div>
  );
}

/** Draws the newest frame once a repaint. @returns how to stop */
function drawingOn(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, session: LiveSession): () => void {
  let waiting: LiveFrame | undefined;
  let repaint = 0;
  let stale: ReturnType<typeof setTimeout> | undefined;

  const clear = () => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    delete canvas.dataset['seq'];
  };
  const clearStale = () => {
    // A registered camera's last picture is all there is of it.
    if (session.source.value?.video) clear();
  };
  const draw = () => {
    repaint = 0;
    if (!waiting) return;
    drawFrame(context, waiting, devicePixelRatio);
    canvas.dataset['seq'] = String(waiting.seq);
    waiting = undefined;
    clearTimeout(stale);
    stale = setTimeout(clearStale, STALE_MS);
  };
  const fit = () => {
    canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
    canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
    const { newest } = session;
    if (newest) drawFrame(context, newest, devicePixelRatio);
  };
  const resizes = new ResizeObserver(fit);
  resizes.observe(canvas);
  const stop = session.onFrame((frame) => {
    waiting = frame;
    if (repaint === 0) repaint = requestAnimationFrame(draw);
  });
  return () => {
    stop();
    resizes.disconnect();
    cancelAnimationFrame(repaint);
    clearTimeout(stale);
    // What comes next is something else: it must not be taken for this.
    clear();
  };
}
