// `onlooker send`: its options. What it does is loaded when it runs, so that `--help` is instant.
import type { SendFlags } from './flags.js';
import { Command, Option } from 'commander';
import { TASKS } from '../../protocol/payloads.js';
import { addServiceOptions, runOnService } from './service-options.js';
import { attributes, attributesHelp, positive, region, streamId, wholeNumber } from './values.js';

export function sendCommand(): Command {
  return addServiceOptions(new Command('send'))
    .description('send images, folders of images or video files to the service and print what it sees')
    .argument(
      '<paths...>',
      'pictures (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG XL), folders of them, videos (anything that ffmpeg reads)',
    )
    .option('-s, --stream <id>', 'id of the stream (default: one of its own)', streamId)
    .addOption(new Option('-t, --task <task>', 'what to ask of each frame').choices(TASKS).default('faces'))
    .option('--fps <n>', 'take at most so many frames of each second of a video', positive)
    .option('--realtime', 'play videos at their own speed, as a camera would: frames that find no credit are skipped')
    .option('--limit <n>', 'stop after so many frames', wholeNumber)
    .option('--region <x,y,w,h>', 'look only there, in 0..1 of the frame', region)
    .option('--min-face <px>', 'smallest face, its longer side in pixels of the frame', positive)
    .option('--attributes <names>', attributesHelp, attributes)
    .option('--track', 'follow faces from frame to frame: names are decided by many frames of a video (only with task faces)')
    .option('--annotate <dir>', 'write each frame with boxes, landmarks, names and similarities into this folder')
    .option('--json', 'print one JSON object for each frame instead of a table')
    .addHelpText(
      'after',
      `
Examples:
  onlooker send photo.jpg
  onlooker send holiday/ --annotate out
  onlooker send door.mp4 --fps 5 --json | jq -r '.faces[].person.name'

Exit code: 0 every frame was answered, 1 some file or frame failed, 2 wrong usage, 3 no service, 4 not allowed.`,
    )
    .action((paths: string[], flags: SendFlags) =>
      runOnService(flags, async (service, signal) => {
        const { send } = await import('../send/send.js');
        await send(service, paths, flags, signal);
      }),
    );
}
