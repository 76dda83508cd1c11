// The frames of a benchmark as files in a temporary folder, where its other processes read them: by default the same on
// every machine, made of photographs in public npm packages; or the user's own pictures or video.
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { videoFrames } from '../../clients/video/video-frames.js';
import { fixture } from '../../test/fixtures.js';
import { SCENES, type Scene } from './scenes.js';

export interface MaterialChoice {
  /** Folder of JPEG, PNG or WebP files, taken as they are. */
  readonly images?: string | undefined;
  /** Video file, taken frame by frame. */
  readonly video?: string | undefined;
}

/** Enough to be varied, and held in memory by each process that uses them. */
const MOST_FRAMES = 500;
const WIDTH = 1280;
const HEIGHT = 720;
const JPEG_QUALITY = 80;
const IMAGE_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp']);

export class Material {
  readonly folder: string;
  readonly frames: number;
  readonly meanBytes: number;

  private constructor(folder: string, frames: number, meanBytes: number) {
    this.folder = folder;
    this.frames = frames;
    this.meanBytes = meanBytes;
  }

  /** @throws Error when there is nothing to take */
  static async make(choice: MaterialChoice): Promise<Material> {
    const folder = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
    try {
      if (choice.video !== undefined) await takeVideo(choice.video, folder);
      else if (choice.images !== undefined) await takeImages(choice.images, folder);
      else await Promise.all(SCENES.map(async (scene, index) => writeFile(frameFile(folder, index), await cutScene(scene))));
      const files = await readdir(folder);
      if (files.length === 0) throw new Error('there are no pictures to run the benchmark on');
      const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
      return new Material(folder, files.length, sizes.reduce((sum, size) => sum + size, 0) / files.length);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The frames' bytes, in order; each in a buffer of its own. */
export async function loadFrames(folder: string): Promise<Buffer[]> {
  const files = (await readdir(folder)).sort();
  return Promise.all(files.map((file) => readFile(join(folder, file))));
}

function frameFile(folder: string, index: number, ending = '.jpg'): string {
  return join(folder, `${String(index).padStart(4, '0')}${ending}`);
}

async function cutScene({ file, left, top, width }: Scene): Promise<Buffer> {
  return sharp(await fixture(file))
    .extract({ left, top, width, height: (width * HEIGHT) / WIDTH })
    .resize(WIDTH, HEIGHT)
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}

async function takeImages(from: string, folder: string): Promise<void> {
  const files = (await readdir(from)).filter((file) => IMAGE_ENDINGS.has(extname(file).toLowerCase())).sort();
  await Promise.all(
    files.slice(0, MOST_FRAMES).map((file, index) => copyFile(join(from, file), frameFile(folder, index, extname(file)))),
  );
}

async function takeVideo(path: string, folder: string): Promise<void> {
  for await (const { image, index } of videoFrames(path)) {
    if (index >= MOST_FRAMES) return;
    await writeFile(frameFile(folder, index), image);
  }
}
