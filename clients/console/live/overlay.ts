// Draws a frame and what was found in it: the picture and its boxes in one go, so that they can never be of two moments.
import { formatNumber, t } from '../i18n/i18n.js';
import type { LiveFrame } from './live-source.js';
import { sayingOf, shortTrack, type FaceSaying } from './face-words.js';

/** Readable on any picture, and apart by brightness as well as by hue. */
const COLOURS = { named: '#34d27b', ambiguous: '#ffb020', unknown: '#ff6b5e', other: '#9fb6ff' } as const;
const INK = '#0b0d11';
const LINE_PX = 2.5;
const LABEL_PX = 14;
const PAD_PX = 5;

/** Where the picture lies on the canvas: as large as it can be, in the middle. */
export interface Placed {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

export function placed(canvas: { readonly width: number; readonly height: number }, width: number, height: number): Placed {
  const scale = Math.min(canvas.width / width, canvas.height / height);
  return { scale, left: (canvas.width - width * scale) / 2, top: (canvas.height - height * scale) / 2 };
}

/** @param pixelRatio device pixels of a CSS pixel, so that lines and letters keep their size */
export function drawFrame(context: CanvasRenderingContext2D, { image, result }: LiveFrame, pixelRatio: number): void {
  const { canvas } = context;
  context.clearRect(0, 0, canvas.width, canvas.height);
  // One whose frame has gone from the ring has no size any more.
  if (image.width === 0) return;
  const { left, top, scale } = placed(canvas, result.width, result.height);
  context.drawImage(image, left, top, result.width * scale, result.height * scale);
  context.lineWidth = LINE_PX * pixelRatio;
  context.font = `600 ${LABEL_PX * pixelRatio}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  for (const face of result.faces) {
    const saying = sayingOf(face);
    const [x, y, width, height] = face.box;
    const colour = colourOf(saying);
    const box = [left + x * scale, top + y * scale, width * scale, height * scale] as const;
    context.strokeStyle = colour;
    context.beginPath();
    context.roundRect(...box, 6 * pixelRatio);
    context.stroke();
    const track = face.track === null ? '' : `  #${shortTrack(face.track)}`;
    drawLabel(context, labelOf(saying) + track, colour, box, pixelRatio);
  }
}

function drawLabel(
  context: CanvasRenderingContext2D,
  text: string,
  colour: string,
  [x, y, , height]: readonly [number, number, number, number],
  pixelRatio: number,
): void {
  const pad = PAD_PX * pixelRatio;
  const tall = (LABEL_PX + 2 * PAD_PX) * pixelRatio;
  const wide = context.measureText(text).width + 2 * pad;
  // Above the face, or below it where there is no room.
  const at = y - tall >= 0 ? y - tall : Math.min(y + height, context.canvas.height - tall);
  const from = Math.max(0, Math.min(x, context.canvas.width - wide));
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(from, at, wide, tall, 4 * pixelRatio);
  context.fill();
  context.fillStyle = INK;
  context.fillText(text, from + pad, at + tall / 2);
}

function colourOf({ is }: FaceSaying): string {
  return is === 'named' || is === 'ambiguous' || is === 'unknown' ? COLOURS[is] : COLOURS.other;
}

function labelOf(saying: FaceSaying): string {
  if (saying.is === 'named') return `${saying.name} ${formatNumber(saying.similarity)}`;
  if (saying.is === 'ambiguous') return t('live.label_ambiguous', { one: saying.one, other: saying.other });
  return t(`live.label_${saying.is}`);
}
