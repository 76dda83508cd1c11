// The frames of a benchmark in the order in which a camera shows them. Stills begin again at the end; a film runs backwards
// from there, so that there is never a cut in it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Reel {
  readonly isFilm: boolean;
  /** Encoded, each in a buffer of its own. */
  readonly frames: readonly Buffer[];
}

const FILM = 'film-';

/** Name of the folder of a reel within the material's. */
export function reelFolder(index: number, isFilm: boolean): string {
  return `${isFilm ? FILM : 'stills-'}${index}`;
}

/** All reels of a material's folder. */
export async function loadReels(folder: string): Promise<Reel[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => ({ isFilm: name.startsWith(FILM), frames: await filesOf(join(folder, name)) })));
}

async function filesOf(folder: string): Promise<Buffer[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

/** Which frame is the `count`th to be shown, from 0. */
export function frameIndex(count: number, frames: number, isFilm: boolean): number {
  if (!isFilm || frames < 3) return count % frames;
  const there = count % (2 * frames - 2);
  return there < frames ? there : 2 * frames - 2 - there;
}

/**
 * What one of several cameras shows: they take the reels in turns, and those with the same begin at different places.
 * @returns its frames by number, from 0
 */
export function cameraShow(reels: readonly Reel[], camera: number, cameras: number): (count: number) => Buffer {
  const reel = reels[camera % reels.length];
  if (reel === undefined || reel.frames.length === 0) throw new Error('there are no frames to show');
  const { frames, isFilm } = reel;
  const offset = Math.floor((camera * frames.length) / Math.max(1, cameras));
  return (count) => frames[frameIndex(count + offset, frames.length, isFilm)] ?? Buffer.of();
}
