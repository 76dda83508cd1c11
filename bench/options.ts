// The options that benchmarks have in common, and how their values are checked.
import { Command, InvalidArgumentError, Option } from 'commander';
import { PROVIDER_CHOICES, type ProviderChoice } from '../pipeline/lanes/provider.js';
import { SCENE_NAMES, type SceneName } from './material/material.js';

export interface CommonOptions {
  /** Of the result, and of its charts. */
  readonly name: string;
}
export interface ServiceOptions extends CommonOptions {
  readonly people: number;
  readonly provider: ProviderChoice;
  /** Settings of the service by their environment names. */
  readonly set: Readonly<Record<string, string>>;
}
export interface MaterialOptions {
  readonly images?: string;
  readonly video?: string;
  readonly scene?: SceneName;
}
export interface LoadOptions extends ServiceOptions, MaterialOptions {
  readonly streams: number;
  /** Further fields of `open`. */
  readonly field: Readonly<Record<string, string>>;
}
export interface TargetOptions {
  /** Of a service that runs already; one is started where there is none. */
  readonly url?: string;
}
export interface QuickOptions {
  readonly quick: boolean;
}

/** @param name of the file in bench/results/, unless another is asked for */
export function benchCommand(name: string, description: string): Command {
  return new Command(`bench:${name}`)
    .description(description)
    .option('--name <name>', 'name of the file in bench/results/, and of the charts', name)
    .showHelpAfterError();
}

/** For benchmarks that start a service. */
export function withService(command: Command): Command {
  return withProvider(command)
    .option('--people <count>', 'strangers in the gallery', wholeNumber(1, 100_000), 1000)
    .option('--set <NAME=VALUE>', 'a setting of the service, e.g. ONLOOKER_LANES=1; may be repeated', setting, {});
}

export function withProvider(command: Command): Command {
  return command.addOption(
    new Option('--provider <name>', 'what runs the models')
      .choices([...PROVIDER_CHOICES])
      .default('cpu' satisfies ProviderChoice),
  );
}

/** For benchmarks that start a service and send it frames. @param streams how many, unless others are asked for */
export function withLoad(command: Command, streams: number): Command {
  return withMaterial(withService(command))
    .option('--streams <count>', 'cameras at once, each on a connection of its own', wholeNumber(1, 1000), streams)
    .option('--field <NAME=VALUE>', 'a further field of `open`, e.g. min_face=40; may be repeated', openField, {});
}

export function withMaterial(command: Command): Command {
  return command
    .option('--images <folder>', 'frames: the JPEG, PNG and WebP files of a folder')
    .option('--video <file>', 'frames: the first of a video, through ffmpeg')
    .addOption(
      new Option(
        '--scene <name>',
        'frames of public material: stills of many people, or a film of two who stay (default: the film where faces are followed)',
      ).choices([...SCENE_NAMES]),
    );
}

/** For benchmarks that also take a service which runs already. */
export function withTarget(command: Command): Command {
  return command.option(
    '--url <address>',
    'of a service that runs already, e.g. http://127.0.0.1:8080 (default: one is started)',
  );
}

/** For benchmarks that can be had in about a minute, with figures that are less certain. */
export function withQuick(command: Command): Command {
  return command.option('--quick', 'about a minute: short measurements, few repeats', false);
}

/** What the service is to be started with: what was asked for, and the provider. */
export function serviceSettings({ provider, set }: Pick<ServiceOptions, 'provider' | 'set'>): Record<string, string> {
  return { ONLOOKER_PROVIDER: provider, ...set };
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Numbers with commas between them, e.g. `0.5,1,2`. */
export function numberList(least: number, most: number): (text: string) => readonly number[] {
  return (text) => {
    const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
    if (values.every((value) => value >= least && value <= most)) return values;
    throw new InvalidArgumentError(`They must be numbers from ${least} to ${most}, with commas between them.`);
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

/** `min_face=40`, added to those before it. */
export function openField(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [name = '', ...value] = text.split('=');
  if (!/^[a-z_]+$/.test(name) || value.length === 0) throw new InvalidArgumentError('It must be a field of `open`: name=value.');
  return { ...before, [name]: value.join('=') };
}
