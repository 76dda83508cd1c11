// A video file as JPEG frames, decoded by the system's ffmpeg. Holds a handful of frames at most: ffmpeg waits when
// nobody takes them. The child never outlives the loop that reads it.
import { basename, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import ffmpeg, { type FfmpegCommand } from 'fluent-ffmpeg';
import { CommandError } from '../terminal/failure.js';
import { ffmpegInstallCommand, isInstalled } from './ffmpeg-install.js';
import { splitJpegs } from './jpeg-splitter.js';

export interface VideoFrame {
  readonly image: Buffer;
  /** Counts the frames that are yielded, from 0. */
  readonly index: number;
  /** The frame's place in the video, from its own timestamp. */
  readonly timeMs: number;
}
export interface VideoOptions {
  /** At most so many frames of each second of the video; all when absent. */
  readonly fps?: number | undefined;
  /** Decode at the video's own speed instead of as fast as frames are taken. */
  readonly isRealtime?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told once, when ffmpeg knows how long the video is. */
  readonly onEstimate?: ((frames: number) => void) | undefined;
}

/**
 * Decodes the first video track of a file.
 *
 * @throws CommandError when ffmpeg is missing or the file is no video it can read
 */
export async function* videoFrames(path: string, options: VideoOptions = {}): AsyncGenerator<VideoFrame> {
  if (!isInstalled('ffmpeg') && process.env.FFMPEG_PATH === undefined) {
    throw new CommandError(`ffmpeg is needed to read videos and is not installed: ${ffmpegInstallCommand()}`);
  }
  const command = decoder(path, options);
  const times = new TimeLine();
  // fluent-ffmpeg takes an output that closes while ffmpeg is still on its way out for a failure: this one never closes by itself.
  const output = new PassThrough({ autoDestroy: false });
  let hasStarted = false;
  const outcome = new Promise<Error | undefined>((settle) => {
    command.on('error', (error: Error) => settle(error));
    command.on('end', () => settle(undefined));
  });
  command.on('start', () => (hasStarted = true));
  command.on('stderr', (line: string) => times.read(line));
  command.on('codecData', (data: { duration?: string; video_details?: readonly string[] }) => {
    const frames = estimatedFrames(data.duration ?? '', (data.video_details ?? []).join(' '), options.fps);
    if (frames !== undefined) options.onEstimate?.(frames);
  });
  const kill = () => command.kill('SIGKILL');
  process.once('exit', kill);
  options.signal?.addEventListener('abort', kill);
  void outcome.then(() => {
    times.end();
    // ffmpeg's exit comes before its last bytes, which end the output; without an ffmpeg nothing else would.
    if (!hasStarted) output.end();
  });
  command.pipe(output);
  try {
    let index = 0;
    for await (const image of splitJpegs(output)) {
      yield { image, index, timeMs: await times.next() };
      index += 1;
    }
    const error = await outcome;
    options.signal?.throwIfAborted();
    if (error) throw new CommandError(`${basename(path)}: ${reasonOf(error)}`);
    if (index === 0) throw new CommandError(`${basename(path)}: there is no picture in it`);
  } finally {
    process.off('exit', kill);
    options.signal?.removeEventListener('abort', kill);
    kill();
  }
}

function decoder(path: string, { fps, isRealtime }: VideoOptions): FfmpegCommand {
  // Of each 1/fps of a second the first frame; the timestamp of each frame that passes goes to stderr; then frames are
  // numbered evenly, since ffmpeg would repeat or drop some to make the rate constant.
  const filters = [
    ...(fps === undefined
      ? []
      : [`select='isnan(prev_selected_t)+gt(floor(t*${fps}+0.001),floor(prev_selected_t*${fps}+0.001))'`]),
    'showinfo=checksum=0',
    'settb=1/25',
    'setpts=N',
  ];
  const command = ffmpeg(resolve(path))
    .inputOptions(['-nostdin'])
    .noAudio()
    .videoFilters(filters)
    .outputOptions(['-map', '0:v:0', '-sn', '-dn', '-r', '25', '-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2pipe', '-nostats']);
  return isRealtime ? command.native() : command;
}

/** The timestamps that ffmpeg tells on stderr, in step with the frames on stdout. */
class TimeLine {
  readonly #timesMs: number[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  read(line: string): void {
    const found = /Parsed_showinfo.* n: *\d+ .*pts_time: *(-?[\d.]+)/.exec(line);
    if (!found) return;
    this.#timesMs.push(Math.round(Number(found[1]) * 1000));
    this.#wake();
  }
  end(): void {
    this.#isOver = true;
    this.#wake();
  }
  /** The next frame's time; the frame may be here before its line. */
  async next(): Promise<number> {
    while (this.#timesMs.length === 0 && !this.#isOver) await new Promise<void>((wake) => (this.#wake = wake));
    return this.#timesMs.shift() ?? NaN;
  }
}

/** From ffmpeg's own words, e.g. `00:03:20.04` and `h264, yuv420p, 360x288, 24 fps`. */
function estimatedFrames(duration: string, details: string, fps: number | undefined): number | undefined {
  const [hours, minutes, seconds] = duration.split(':').map(Number);
  const ownFps = Number(/([\d.]+) fps/.exec(details)?.[1] ?? NaN);
  const rate = Math.min(fps ?? Infinity, Number.isNaN(ownFps) ? Infinity : ownFps);
  const frames = Math.ceil(((hours ?? NaN) * 3600 + (minutes ?? NaN) * 60 + (seconds ?? NaN)) * rate);
  return Number.isFinite(frames) ? frames : undefined;
}

function reasonOf(error: Error): string {
  const last =
    error.message
      .split('\n')
      .filter((line) => line.trim() !== '')
      .pop() ?? error.message;
  return `neither an image nor a video that ffmpeg can read (${last.replace(/^.*: /, '')})`;
}
