// Draws a frame and what was found in it: the picture and its boxes in one go, so that they can never be of two moments.
import { formatPercent, formatSimilarity, isolated, t } from '../i18n/i18n.js';
import type { LiveFrame } from './live-source.js';
import { sayingOf, shortTrack, type FaceSaying } from './face-words.js';
import { fitted, freeOf, placesOf, type Area } from './label.js';
import type { LiveFace } from './live-face.js';
import type { LiveClasses } from './live-result.js';

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
  const faces = result.faces.map((face): Marked => {
    const [x, y, width, height] = face.box;
    const saying = sayingOf(face);
    const area = [left + x * scale, top + y * scale, width * scale, height * scale] as const;
    return { area, colour: colourOf(saying), text: labelOf(saying), facts: factsOf(face) };
  });
  const marks = result.marks.map(({ box: [x, y, width, height], label, score }): Marked => {
    const area = [left + x * scale, top + y * scale, width * scale, height * scale] as const;
    const text = label ?? t('live.label_unknown_class');
    return { area, colour: label === null ? COLOURS.other : COLOURS.named, text, facts: ` ${formatPercent(score)}` };
  });
  const marked = [...faces, ...marks];
  for (const { area, colour } of marked) {
    context.strokeStyle = colour;
    context.beginPath();
    context.roundRect(...area, 6 * pixelRatio);
    context.stroke();
  }
  // After all the boxes, so that none goes through a label; names first, since it is they that are looked for.
  const taken: Area[] = [];
  const isNamed = ({ colour }: Marked) => colour === COLOURS.named;
  for (const one of [...marked.filter(isNamed), ...marked.filter((one) => !isNamed(one))]) {
    const place = drawLabel(context, one, taken, pixelRatio);
    if (place) taken.push(place);
  }
  if (result.shows) drawBanner(context, result.shows, { left, top, scale }, pixelRatio);
}

/** What the whole picture shows, in its corner. */
function drawBanner(context: CanvasRenderingContext2D, shows: LiveClasses, { left, top }: Placed, pixelRatio: number): void {
  const [best] = shows.classes;
  if (!best) return;
  const isBelieved = shows.accepted !== null;
  const label = shows.accepted ?? best.label;
  const score = shows.classes.find((one) => one.label === label)?.score ?? best.score;
  const corner = [left, top, 0, 0] as const;
  drawLabel(
    context,
    { area: corner, colour: isBelieved ? COLOURS.named : COLOURS.other, text: label, facts: ` ${formatPercent(score)}` },
    [],
    pixelRatio,
  );
}

interface Marked {
  readonly area: Area;
  readonly colour: string;
  readonly text: string;
  /** What is said in any case, however long the text is. */
  readonly facts: string;
}

/** @returns where it is; undefined where there is no room: a box without a label rather than a label upon another */
function drawLabel(
  context: CanvasRenderingContext2D,
  { area, colour, text, facts }: Marked,
  taken: readonly Area[],
  pixelRatio: number,
): Area | undefined {
  const { canvas } = context;
  const pad = PAD_PX * pixelRatio;
  const height = (LABEL_PX + 2 * PAD_PX) * pixelRatio;
  const widthOf = (words: string) => context.measureText(words).width + 2 * pad;
  const whole = isolated(fitted(text, canvas.width, (some) => widthOf(isolated(some) + facts))) + facts;
  const placesFor = (words: string) => placesOf({ width: widthOf(words), height }, area, canvas);
  // In a crowd there may be room for but the track, which tells who it is in the list beside the picture.
  const short = facts.trim();
  const free = freeOf(placesFor(whole), taken);
  const freeShort = free || short === '' ? undefined : freeOf(placesFor(short), taken);
  const place = free ?? freeShort;
  if (!place) return undefined;
  const [left, top] = place;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(...place, 4 * pixelRatio);
  context.fill();
  context.fillStyle = INK;
  context.fillText(freeShort ? short : whole, left + pad, top + height / 2);
  return place;
}

function colourOf({ is }: FaceSaying): string {
  return is === 'named' || is === 'ambiguous' || is === 'unknown' ? COLOURS[is] : COLOURS.other;
}

function labelOf(saying: FaceSaying): string {
  if (saying.is === 'named') return saying.name;
  if (saying.is === 'ambiguous') return t('live.label_ambiguous', { one: saying.one, other: saying.other });
  return t(`live.label_${saying.is}`);
}

function factsOf({ person, track }: LiveFace): string {
  const similarity = person ? ` ${formatSimilarity(person.similarity)}` : '';
  return track === null ? similarity : `${similarity}  #${shortTrack(track)}`;
}
