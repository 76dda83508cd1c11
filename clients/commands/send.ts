// `onlooker send`: its options. What it does is loaded when it runs, so that `--help` is instant.
import { Command, InvalidArgumentError, Option } from 'commander';
import { TASKS, type Task } from '../../protocol/payloads.js';
import { runCommand } from '../terminal/failure.js';
import { urlOption } from './url-option.js';

export interface SendFlags {
  readonly url: string;
  readonly stream?: string;
  readonly task: Task;
  readonly fps?: number;
  readonly realtime?: true;
  readonly limit?: number;
  readonly region?: [number, number, number, number];
  readonly minFace?: number;
  readonly annotate?: string;
  readonly json?: true;
}

export function sendCommand(): Command {
  return new Command('send')
    .description('send images, folders of images or video files to the service and print what it sees')
    .argument('<paths...>', 'images (JPEG, PNG, WebP), folders, videos (anything that ffmpeg reads)')
    .addOption(urlOption())
    .option('-s, --stream <id>', 'id of the stream (default: one of its own)', streamId)
    .addOption(new Option('-t, --task <task>', 'what to ask of each frame').choices(TASKS).default('faces'))
    .option('--fps <n>', 'take at most so many frames of each second of a video', positive)
    .option('--realtime', 'play videos at their own speed, as a camera would: frames that find no credit are skipped')
    .option('--limit <n>', 'stop after so many frames', wholeNumber)
    .option('--region <x,y,w,h>', 'look only there, in 0..1 of the frame', region)
    .option('--min-face <px>', 'smallest face, its longer side in pixels of the frame', positive)
    .option('--annotate <dir>', 'write each frame with boxes, landmarks, names and similarities into this folder')
    .option('--json', 'print one JSON object for each frame instead of a table')
    .addHelpText(
      'after',
      `
Examples:
  onlooker send photo.jpg
  onlooker send holiday/ --annotate out
  onlooker send door.mp4 --fps 5 --json | jq -r '.faces[].person.name'

Exit code: 0 every frame was answered, 1 some file or frame failed, 2 wrong usage, 3 no service.`,
    )
    .action((paths: string[], flags: SendFlags) =>
      runCommand(flags.url, async (signal) => {
        const { send } = await import('../send/send.js');
        await send(paths, flags, signal);
      }),
    );
}

function streamId(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 of A-Z a-z 0-9 . _ -');
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number over 0.');
}

function wholeNumber(text: string): number {
  const value = positive(text);
  if (Number.isInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}

function region(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [x = NaN, y = NaN, w = NaN, h = NaN] = values;
  const isInside = values.length === 4 && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 1 + 1e-9 && y + h <= 1 + 1e-9;
  if (isInside) return values;
  throw new InvalidArgumentError('It must be x,y,w,h in 0..1 of the frame, e.g. 0,0.5,1,0.5 for its lower half.');
}
