// The settings of a registered stream as options of `streams add` and `streams change`, and as fields of the contract.
import { Option, type Command } from 'commander';
import { TASKS, type AttributeName, type Task } from '../../protocol/payloads.js';
import type { NewStream } from '../../protocol/streams.js';
import { aspect, attributes, attributesHelp, positive, region, rotation, wholeNumber } from './values.js';
import type { Region, Rotation } from './values.js';

export interface StreamFlags {
  readonly task?: Task;
  readonly model?: string;
  readonly fps?: number;
  readonly region?: Region;
  readonly minFace?: number;
  readonly topN?: number;
  readonly threshold?: number;
  readonly labels?: readonly string[];
  readonly attributes?: readonly AttributeName[];
  readonly detectEvery?: number;
  readonly deadline?: number;
  readonly weight?: number;
  readonly transport?: 'tcp' | 'udp';
  readonly loop?: boolean;
  readonly realtime?: boolean;
  readonly width?: number;
  readonly aspect?: string;
  readonly rotate?: Rotation;
  readonly flip?: 'horizontal' | 'vertical';
  readonly hwaccel?: string;
  readonly motionGate?: boolean;
  readonly keyFramesOnly?: boolean;
  readonly thumbnails?: boolean;
}

/** What can be left out, by the name of its option. */
export const STREAM_FIELDS = {
  model: 'model',
  fps: 'fps',
  region: 'region',
  'min-face': 'min_face',
  'top-n': 'top_n',
  threshold: 'threshold',
  labels: 'labels',
  attributes: 'attributes',
  'detect-every': 'detect_every',
  deadline: 'deadline_ms',
  weight: 'weight',
  transport: 'transport',
  loop: 'loop',
  realtime: 'realtime',
  width: 'width',
  aspect: 'aspect',
  rotate: 'rotate',
  flip: 'flip',
  hwaccel: 'hwaccel',
  'motion-gate': 'motion_gate',
  'key-frames-only': 'key_frames_only',
  thumbnails: 'thumbnails',
} as const satisfies Readonly<Record<string, keyof NewStream>>;

/** How its picture comes, and what is done to it. */
export function addPictureOptions(command: Command): Command {
  return command
    .addOption(new Option('--transport <how>', 'how RTSP carries the picture (default: tcp)').choices(['tcp', 'udp']))
    .option('--width <px>', 'scale wider pictures down to this', wholeNumber)
    .option('--aspect <w:h>', 'shape of the picture as it is sent, for a camera that does not tell it: 16:9', aspect)
    .option('--rotate <degrees>', 'turn pictures clockwise: 0, 90, 180 or 270', rotation)
    .addOption(new Option('--flip <how>', 'mirror pictures, after turning them').choices(['horizontal', 'vertical']));
}

export function addStreamOptions(command: Command): Command {
  command
    .addOption(new Option('-t, --task <task>', 'what to ask of each frame (default: faces)').choices(TASKS))
    .option('--model <id>', 'the model that is to answer')
    .option('--fps <n>', 'look at most at so many frames of each second', positive)
    .option('--region <x,y,w,h>', 'look only there, in 0..1 of the frame', region)
    .option('--min-face <px>', 'smallest face, its longer side in pixels of the frame', positive)
    .option('--top-n <n>', 'classes or objects to tell (tasks classify and objects)', wholeNumber)
    .option('--threshold <score>', 'score that a class or an object has to have, 0..1', positive)
    .option('--labels <labels>', 'objects to look for, e.g. person,car (task objects; default: all)', labels)
    .option('--attributes <names>', attributesHelp, attributes)
    .option('--detect-every <n>', 'search at least every so many frames for faces; 1 searches all', wholeNumber)
    .option('--deadline <ms>', 'drop a frame that cannot be answered within this time', positive)
    .option('--weight <n>', 'turns beside a stream of weight 1 where there are not enough for all', positive);
  addPictureOptions(command).option('--hwaccel <method>', 'decode on hardware: none, auto, or a method of ffmpeg');
  for (const [name, description, isOnByDefault] of [
    ['loop', 'begin a file again when it ends', false],
    ['realtime', 'play a file as fast as it can be looked at, not at its own speed', true],
    ['motion-gate', 'look only at pictures in which something moved', false],
    ['key-frames-only', 'decode key frames alone: cheap, and about one a second', false],
    ['thumbnails', 'keep a picture of the face with each event', false],
  ] as const) {
    const [on, off] = [new Option(`--${name}`, description), new Option(`--no-${name}`, description)];
    // The positive one first: the parser then knows a third state, that nothing is said.
    command.addOption(on.hideHelp(isOnByDefault)).addOption(off.hideHelp(!isOnByDefault));
  }
  return command;
}

const labels = (text: string): readonly string[] =>
  text
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');

type Fields = Omit<NewStream, 'id' | 'url' | 'enabled'>;

/** The fields that were named. */
export function streamFields(flags: StreamFlags): Fields {
  const options: Readonly<Record<string, unknown>> = { ...flags };
  const named = Object.entries({ task: 'task', ...STREAM_FIELDS })
    .map(([option, field]) => [field, options[option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(named);
}
