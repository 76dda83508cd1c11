// A picture to measure on, where no camera's is at hand: 1280x720, with detail at every scale as photographs have it and so
// about as many bytes as a camera's JPEG. It shows nobody.
import sharp from 'sharp';

const WIDTH = 1280;
const HEIGHT = 720;
const JPEG_QUALITY = 80;
/** Natural pictures have a spectrum of about 1/f: so much amplitude for grids of ever finer cells (Field, JOSA A, 1987). */
const OCTAVES = [
  { cells: 4, amplitude: 70 },
  { cells: 16, amplitude: 40 },
  { cells: 64, amplitude: 22 },
  { cells: 256, amplitude: 9 },
] as const;

/** The same bytes every time, for one version of the encoder. */
export async function samplePicture(): Promise<Buffer> {
  const random = seeded(20_261);
  const layers = await Promise.all(
    OCTAVES.map(async ({ cells, amplitude }) => {
      const rows = Math.round((cells * HEIGHT) / WIDTH);
      const noise = Buffer.from(Array.from({ length: cells * rows * 3 }, () => Math.floor(random() * 256)));
      const pixels = await sharp(noise, { raw: { width: cells, height: rows, channels: 3 } })
        .resize(WIDTH, HEIGHT, { fit: 'fill', kernel: 'cubic' })
        .raw()
        .toBuffer();
      return { pixels, amplitude };
    }),
  );
  const picture = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let i = 0; i < picture.length; i++) {
    let value = 128;
    for (const { pixels, amplitude } of layers) value += (((pixels[i] ?? 0) - 128) / 128) * amplitude;
    picture[i] = Math.min(255, Math.max(0, value));
  }
  return sharp(picture, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}

/** Park and Miller's minimal standard generator, in 0..1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
}
