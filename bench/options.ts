// The options that benchmarks have in common, and how their values are checked.
import { Command, InvalidArgumentError } from 'commander';

export interface CommonOptions {
  readonly name: string;
}
export interface ServiceOptions extends CommonOptions {
  readonly people: number;
  /** Settings of the service by their environment names. */
  readonly set: Readonly<Record<string, string>>;
}
export interface LoadOptions extends ServiceOptions {
  readonly images?: string;
  readonly video?: string;
  readonly streams: number;
}

/** What is measured unless `--set` says otherwise: every face of every frame embedded, as the bare loop does it. */
export const EVERY_FACE = { ONLOOKER_TRACKING: 'false' } as const;

/** @param name of the file in bench/results/, unless another is asked for */
export function benchCommand(name: string, description: string): Command {
  return new Command(`bench:${name}`)
    .description(description)
    .option('--name <name>', 'name of the file in bench/results/', name)
    .showHelpAfterError();
}

/** For benchmarks that start a service. */
export function withService(command: Command): Command {
  return command
    .option('--people <count>', 'strangers in the gallery', wholeNumber(1, 100_000), 1000)
    .option('--set <NAME=VALUE>', 'a setting of the service, e.g. ONLOOKER_LANES=1; may be repeated', setting, {});
}

/** For benchmarks that start a service and send it frames. */
export function withLoad(command: Command): Command {
  return withService(command)
    .option('--images <folder>', 'frames: the JPEG, PNG and WebP files of a folder (default: made from public photographs)')
    .option('--video <file>', 'frames: the first of a video, through ffmpeg')
    .option('--streams <count>', 'cameras at once, each on a connection of its own', wholeNumber(1, 1000), 4);
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** `ONLOOKER_LANES=1`, added to those before it. */
export function setting(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [name = '', ...value] = text.split('=');
  if (!name.startsWith('ONLOOKER_') || value.length === 0) {
    throw new InvalidArgumentError('It must be ONLOOKER_SOMETHING=VALUE.');
  }
  return { ...before, [name]: value.join('=') };
}
