// Films for the browser's camera, as Motion JPEG: a real face that moves evenly over a grey wall, and in each frame its
// number as black and white squares, so that a test can tell from pixels which frame it sees.
import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';

export const FILM = { widthPx: 640, heightPx: 480, frames: 60, stepPx: 5 } as const;
/** The number's squares, from the top left, most significant first. */
export const MARK = { squares: 8, sizePx: 16 } as const;

const FACE_WIDTH_PX = 240;
const FACE_TOP_PX = 120;

/** Where the left edge of the face's picture is in a frame: from the left to the right and back. */
export function facePositionPx(frame: number): number {
  const half = FILM.frames / 2;
  return 20 + FILM.stepPx * (frame < half ? frame : FILM.frames - frame);
}

/** Writes a film of this picture of a face. */
export async function writeFilm(path: string, picture: string): Promise<void> {
  const face = await sharp(await readFile(picture))
    .resize(FACE_WIDTH_PX)
    .png()
    .toBuffer();
  const frames: Buffer[] = [];
  for (let frame = 0; frame < FILM.frames; frame++) frames.push(await frameOf(face, frame));
  await writeFile(path, Buffer.concat(frames));
}

async function frameOf(face: Buffer, frame: number): Promise<Buffer> {
  const squares = Array.from({ length: MARK.squares }, (_, index) => ({
    input: {
      create: {
        width: MARK.sizePx,
        height: MARK.sizePx,
        channels: 3 as const,
        background: isWhite(frame, index) ? '#fff' : '#000',
      },
    },
    left: index * MARK.sizePx,
    top: 0,
  }));
  return sharp({ create: { width: FILM.widthPx, height: FILM.heightPx, channels: 3, background: '#8a8f98' } })
    .composite([{ input: face, left: facePositionPx(frame), top: FACE_TOP_PX }, ...squares])
    .jpeg({ quality: 90 })
    .toBuffer();
}

function isWhite(frame: number, square: number): boolean {
  return ((frame >> (MARK.squares - 1 - square)) & 1) === 1;
}

/** The number in a JPEG of such a film, whatever its size. */
export async function markIn(jpeg: Uint8Array): Promise<number> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const scale = info.width / FILM.widthPx;
  const at = (index: number) => {
    const x = Math.round((index + 0.5) * MARK.sizePx * scale);
    const y = Math.round((MARK.sizePx / 2) * scale);
    return (data[y * info.width + x] ?? 0) > 127 ? 1 : 0;
  };
  return Array.from({ length: MARK.squares }, (_, index) => at(index)).reduce<number>((number, bit) => 2 * number + bit, 0);
}

/** The same as a function for pages: `markOf(context2d, widthPx)` of a canvas on which a frame was drawn. */
export const MARK_OF_CANVAS = `
function markOf(context, widthPx) {
  const scale = widthPx / ${FILM.widthPx};
  let number = 0;
  for (let index = 0; index < ${MARK.squares}; index++) {
    const [grey] = context.getImageData(Math.round((index + 0.5) * ${MARK.sizePx} * scale), Math.round(${MARK.sizePx / 2} * scale), 1, 1).data;
    number = 2 * number + (grey > 127 ? 1 : 0);
  }
  return number;
}`;
