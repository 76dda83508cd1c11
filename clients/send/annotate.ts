// Draws what the service said of a frame onto the frame: boxes, landmarks, names and similarities.
import sharp from 'sharp';
import type { Candidate, DetectedFace, NamedFace, Point } from '../../protocol/payloads.js';
import { renderLabel, type Label } from './label.js';

/** Named, between two people, nobody known, and where names were not asked for. */
const COLOURS = { named: '#1a7f37', ambiguous: '#b35900', unknown: '#c62828', plain: '#0b6bcb' } as const;
type Face = DetectedFace & Partial<Pick<NamedFace, 'person' | 'candidates' | 'reason'>>;

export interface Caption {
  readonly colour: string;
  readonly text: string;
}

/** What is written at a face and in which colour. */
export function captionOf(face: Face): Caption {
  const named = ({ name, similarity }: Candidate) => `${name} ${similarity.toFixed(2)}`;
  if (face.person) return { colour: COLOURS.named, text: named(face.person) };
  const [best, second] = face.candidates ?? [];
  if (face.reason === 'ambiguous' && best && second)
    return { colour: COLOURS.ambiguous, text: `${named(best)} or ${named(second)}?` };
  if (face.person === null) return { colour: COLOURS.unknown, text: best ? `unknown ${best.similarity.toFixed(2)}` : 'unknown' };
  return { colour: COLOURS.plain, text: face.score.toFixed(2) };
}

/**
 * The image as a JPEG with its faces drawn in. Coordinates are those of a result: pixels after EXIF orientation.
 *
 * @throws Error when the image cannot be decoded
 */
export async function annotate(image: Uint8Array, faces: readonly Face[]): Promise<Buffer> {
  const upright = sharp(image).autoOrient();
  const { width, height } = (await upright.metadata()).autoOrient;
  const short = Math.min(width, height);
  const linePx = Math.max(1.5, short / 340);
  const fontPx = Math.round(Math.min(48, Math.max(11, short / 34)));
  const captions = await Promise.all(
    faces.map(async (face) => {
      const { colour, text } = captionOf(face);
      return caption(face, colour, await renderLabel(text, fontPx), linePx, { width, height });
    }),
  );
  // Captions last, so that no line crosses a name.
  const shapes = [...faces.flatMap((face) => outline(face, captionOf(face).colour, linePx)), ...captions.flat()];
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`;
  return (
    upright
      .flatten({ background: '#fff' })
      .composite([{ input: Buffer.from(overlay) }])
      // Full colour resolution: thin coloured lines are what this picture is for.
      .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
      .toBuffer()
  );
}

function outline(face: Face, colour: string, linePx: number): string[] {
  const [x, y, w, h] = face.box;
  const box = `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${2 * linePx}" fill="none" stroke="${colour}" stroke-width="${linePx}"/>`;
  const dot = ([cx, cy]: Point) =>
    `<circle cx="${cx}" cy="${cy}" r="${1.2 * linePx}" fill="${colour}" stroke="#fff" stroke-width="${linePx / 3}"/>`;
  return [box, ...face.landmarks.map(dot)];
}

/** A filled plate with the text, above the box or, where there is no room, below it; always inside of the picture. */
function caption(face: Face, colour: string, label: Label, linePx: number, frame: { width: number; height: number }): string[] {
  const [x, y, , h] = face.box;
  const pad = 2 * linePx;
  const plate = { width: label.width + 2 * pad, height: label.height + 2 * pad };
  const left = Math.max(0, Math.min(x - linePx / 2, frame.width - plate.width));
  const above = y - linePx / 2 - plate.height;
  const top = above >= 0 ? above : Math.max(0, Math.min(y + h + linePx / 2, frame.height - plate.height));
  const at = `width="${label.width}" height="${label.height}" x="${left + pad}" y="${top + pad}"`;
  return [
    `<rect x="${left}" y="${top}" width="${plate.width}" height="${plate.height}" rx="${linePx}" fill="${colour}"/>`,
    `<image ${at} href="data:image/png;base64,${label.png.toString('base64')}"/>`,
  ];
}
