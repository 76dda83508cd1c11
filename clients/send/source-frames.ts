// What `onlooker send` sends: the images and the frames of the videos, one after another, as they can be taken.
import { basename } from 'node:path';
import type { FrameInput } from '../client.js';
import { isPictureName } from '../pictures/picture-kind.js';
import { isDrawingFile, kindOfFile, readPicture } from '../pictures/read-picture.js';
import { CommandError } from '../terminal/failure.js';
import { videoFrames } from '../video/video-frames.js';
import { newestOf } from './newest.js';

export interface SourceFrame extends FrameInput {
  readonly file: string;
  /** Of a video: which of its frames that were taken, and its place in it. */
  readonly frame?: number;
  readonly timeMs?: number;
}
export interface SourceOptions {
  readonly fps?: number | undefined;
  readonly isRealtime: boolean;
  readonly limit: number;
  readonly signal: AbortSignal;
  /** A file that could not be read; the others go on. */
  readonly onFailure: (error: Error) => void;
  /** Frames of this run as far as they are known. */
  readonly onTotal: (frames: number) => void;
  /** Realtime: a frame was passed over for a newer one. */
  readonly onSkipped: () => void;
}

/** Yields until `limit` frames, the end of the files, or the signal. */
export async function* sourceFrames(files: readonly string[], options: SourceOptions): AsyncGenerator<SourceFrame> {
  let count = 0;
  let total = files.length;
  const addToTotal = (frames: number) => options.onTotal(Math.min((total += frames - 1), options.limit));
  addToTotal(1);
  for (const file of files) {
    try {
      for await (const frame of (await isPictureFile(file)) ? imageFrame(file) : filmFrames(file, options, addToTotal)) {
        if (options.signal.aborted || count >= options.limit) return;
        count += 1;
        yield frame;
        if (count >= options.limit) return;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      options.onFailure(error as Error);
    }
  }
}

async function* imageFrame(file: string): AsyncGenerator<SourceFrame> {
  try {
    yield { file, image: await readPicture(file), ts: Date.now() };
  } catch (error) {
    throw error instanceof CommandError ? new CommandError(`${basename(file)}: ${error.message}`) : error;
  }
}

/** By its first bytes, or because its name says so: the service then tells what is wrong with it. Anything else is for ffmpeg. */
async function isPictureFile(file: string): Promise<boolean> {
  return (await kindOfFile(file)) !== undefined || isPictureName(file) || isDrawingFile(file);
}

async function* filmFrames(
  file: string,
  options: SourceOptions,
  onEstimate: (frames: number) => void,
): AsyncGenerator<SourceFrame> {
  const { fps, isRealtime, signal } = options;
  const frames = videoFrames(file, { fps, isRealtime, signal, onEstimate });
  const startMs = Date.now();
  for await (const { image, index, timeMs } of isRealtime ? newestOf(frames, options.onSkipped) : frames) {
    // Spaced as in the video, so that a service which follows faces over time sees its true speed.
    yield { file, image, frame: index, timeMs, ts: startMs + timeMs };
  }
}

/** How a frame is called in tables, pictures' names and messages, e.g. `door.mp4#12`. */
export function frameName({ file, frame }: Pick<SourceFrame, 'file' | 'frame'>): string {
  return frame === undefined ? basename(file) : `${basename(file)}#${frame}`;
}
