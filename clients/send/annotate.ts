// Draws what the service said of a frame onto the frame: boxes, landmarks, names and similarities.
import sharp, { type OverlayOptions } from 'sharp';
import type { Candidate, DetectedFace, NamedFace, ObjectFound, Point } from '../../protocol/payloads.js';
import { renderLabel, type Label } from './label.js';

/** Named, between two people, nobody known, and where names were not asked for. */
const COLOURS = { named: '#1a7f37', ambiguous: '#b35900', unknown: '#c62828', plain: '#0b6bcb' } as const;
/** What the service takes unless it is configured otherwise, four times over: 16K. */
const MOST_PIXELS = 132_710_400;
type Face = DetectedFace & Partial<Pick<NamedFace, 'person' | 'candidates' | 'reason'>>;
type Drawn = Face | Pick<ObjectFound, 'box' | 'label' | 'score'>;

export interface Caption {
  readonly colour: string;
  readonly text: string;
}

/** What is written at a face or an object, and in which colour. */
export function captionOf(face: Drawn): Caption {
  if ('label' in face) return { colour: COLOURS.plain, text: `${face.label} ${face.score.toFixed(2)}` };
  const named = ({ name, similarity }: Candidate) => `${name} ${similarity.toFixed(2)}`;
  if (face.person) return { colour: COLOURS.named, text: named(face.person) };
  const [best, second] = face.candidates ?? [];
  if (face.reason === 'ambiguous' && best && second)
    return { colour: COLOURS.ambiguous, text: `${named(best)} or ${named(second)}?` };
  if (face.person === null) return { colour: COLOURS.unknown, text: best ? `unknown ${best.similarity.toFixed(2)}` : 'unknown' };
  return { colour: COLOURS.plain, text: face.score.toFixed(2) };
}

/**
 * The image as a JPEG with its faces or objects drawn in. Coordinates are those of a result: pixels after EXIF orientation.
 *
 * @param maxPixels of the image
 * @throws Error when the image cannot be decoded, or has more pixels
 */
export async function annotate(image: Uint8Array, found: readonly Drawn[], maxPixels = MOST_PIXELS): Promise<Buffer> {
  const upright = sharp(image, { limitInputPixels: maxPixels }).autoOrient();
  const { width, height } = (await upright.metadata()).autoOrient;
  const short = Math.min(width, height);
  const linePx = Math.max(1.5, short / 340);
  const fontPx = Math.round(Math.min(48, Math.max(11, short / 34)));
  const captions = await Promise.all(
    found.map(async (one) => {
      const { colour, text } = captionOf(one);
      return caption(one, colour, await renderLabel(text, fontPx), linePx, { width, height });
    }),
  );
  // Captions last, so that no line crosses a name.
  const marks = [...found.flatMap((one) => outline(one, captionOf(one).colour, linePx)), ...captions.flat()];
  return (
    upright
      .flatten({ background: '#fff' })
      .composite(marks.flatMap((mark) => layer(mark, width, height)))
      // Full colour resolution: thin coloured lines are what this picture is for.
      .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
      .toBuffer()
  );
}

/** A filled rectangle, or a picture, in pixels of the frame; both may reach over its edges. */
interface Mark {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** A colour, or the pixels of a PNG of this size. */
  readonly fill: string | Buffer;
}

/** Rectangles and points alone: a service that decodes what strangers send has every other reader of pictures, SVG's too, shut off. */
function layer(mark: Mark, frameWidth: number, frameHeight: number): OverlayOptions[] {
  const left = Math.max(0, Math.round(mark.left));
  const top = Math.max(0, Math.round(mark.top));
  const width = Math.min(frameWidth, Math.round(mark.left + mark.width)) - left;
  const height = Math.min(frameHeight, Math.round(mark.top + mark.height)) - top;
  if (width < 1 || height < 1) return [];
  if (typeof mark.fill !== 'string') return width < mark.width || height < mark.height ? [] : [{ input: mark.fill, left, top }];
  return [{ input: { create: { width, height, channels: 3, background: mark.fill } }, left, top }];
}

function outline(face: Drawn, colour: string, linePx: number): Mark[] {
  const [x, y, w, h] = face.box;
  const line = Math.max(2, Math.round(linePx));
  const half = line / 2;
  const sides = [
    { left: x - half, top: y - half, width: w + line, height: line },
    { left: x - half, top: y + h - half, width: w + line, height: line },
    { left: x - half, top: y - half, width: line, height: h + line },
    { left: x + w - half, top: y - half, width: line, height: h + line },
  ].map((side) => ({ ...side, fill: colour }));
  const point = ([cx, cy]: Point): Mark[] =>
    [
      { size: line * 2, fill: '#fff' },
      { size: line * 2 - 2, fill: colour },
    ].map(({ size, fill }) => ({ left: cx - size / 2, top: cy - size / 2, width: size, height: size, fill }));
  return [...sides, ...('landmarks' in face ? face.landmarks : []).flatMap(point)];
}

/** A filled plate with the text, above the box or, where there is no room, below it; always inside of the picture. */
function caption(face: Drawn, colour: string, label: Label, linePx: number, frame: { width: number; height: number }): Mark[] {
  const [x, y, , h] = face.box;
  const pad = Math.round(2 * linePx);
  const plate = { width: label.width + 2 * pad, height: label.height + 2 * pad };
  const left = Math.round(Math.max(0, Math.min(x - linePx / 2, frame.width - plate.width)));
  const above = y - linePx / 2 - plate.height;
  const below = Math.max(0, Math.min(y + h + linePx / 2, frame.height - plate.height));
  const top = Math.round(above >= 0 ? above : below);
  return [
    { left, top, ...plate, fill: colour },
    { left: left + pad, top: top + pad, width: label.width, height: label.height, fill: label.png },
  ];
}
