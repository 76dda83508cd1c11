// Text as a small picture, in a font that comes with the program, so that it is legible on machines without any.
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { escaped } from '../markup.js';

const FONT_FILE = fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'));
const MAX_CHARACTERS = 48;

export interface Label {
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
}

/** White text of `sizePx` on nothing. `text` may hold anything: it is never read as markup. */
export async function renderLabel(text: string, sizePx: number): Promise<Label> {
  const characters = [...text.replace(/\p{Cc}/gu, ' ')];
  const short = characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : characters.join('');
  const { data, info } = await sharp({
    // At 72 dots per inch a point is a pixel.
    text: {
      text: `<span foreground="white">${escaped(short)}</span>`,
      font: `DejaVu Sans Bold ${sizePx}`,
      fontfile: FONT_FILE,
      rgba: true,
      dpi: 72,
    },
  })
    .png()
    .toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width, height: info.height };
}
