// The films of the cameras, as H.264 packets. Must never be made while something is measured: encoding takes the machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordClip, type RtpClip } from '../../test/sources/camera/rtp-clip.js';
import { FILM_FPS, FILM_SIZE, makeFilm, writeEmptyScene, type Man } from '../material/film-scenes.js';

export interface FilmSettings {
  /** Which of the two men. */
  readonly shows: Man;
  /** Frames of the empty scene before he is there. */
  readonly emptyFrames: number;
  readonly frames: number;
}

export const CAMERA_FPS = FILM_FPS;

/** Makes the film and packs it as a camera sends it. @throws Error when ffmpeg cannot */
export async function recordFilm({ shows, emptyFrames, frames }: FilmSettings): Promise<RtpClip> {
  const folder = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
  try {
    const scene = join(folder, 'scene.jpg');
    const film = join(folder, 'film.mp4');
    await writeEmptyScene(scene);
    await makeFilm({ shows: [shows], fromFrame: 0, emptyFrames, frames }, scene, [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '14', '-pix_fmt', 'yuv420p', film],
    ]);
    return await recordClip({ video: film, size: FILM_SIZE, fps: CAMERA_FPS, seconds: frames / CAMERA_FPS });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
