// Puts the configuration together: options of the command before environment before file before default. Whatever is wrong with it stops the
// start with one clear line; a setting that does not exist is wrong, since a typo must not pass for a default.
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { messageOf } from '../protocol/errors.js';
import { dataFolder, modelsFolder, type StandardFolder } from '../models/standard-folders.js';
import { environmentName, SETTING_NAMES, settingNotes, settingsSchema, type SettingName, type Settings } from './settings.js';

/** The configuration cannot be used; the message is the one line for the user. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Origin = 'option' | 'env' | 'file' | 'default';
/** Settings that have an option of the same name: that of `--port` is `port`. */
export type SettingOptions = Readonly<Partial<Record<'host' | 'port', string>>>;
export interface Config {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** Absolute path of the file that was read, if one was. */
  readonly file: string | null;
  /** What was chosen otherwise than usual, one line each, for whoever starts something. */
  readonly notes: readonly string[];
}

const FILE_VARIABLE = 'ONLOOKER_CONFIG';
const STANDARD_FILE = 'onlooker.config.json';
// Of the command line alone, and no settings: they may stand in the same environment.
const CLIENT_VARIABLES: readonly string[] = [
  'ONLOOKER_URL',
  'ONLOOKER_KEY',
  'ONLOOKER_KEY_FILE',
  'ONLOOKER_CA',
  'ONLOOKER_COMPAT',
];

const isNumber = (value: string): boolean => /^\d+$/.test(value);
const isLink = (value: string): boolean => /^(tcp|udp|sctp):\/\//.test(value);
/** Names that end so, behind the name of a Service that begins with ours, and what they hold then. */
const KUBERNETES: readonly { readonly names: RegExp; readonly values: (value: string) => boolean }[] = [
  { names: /^ONLOOKER_(?:\w+_)?SERVICE_HOST$/, values: (value) => isIP(value) !== 0 },
  { names: /^ONLOOKER_(?:\w+_)?SERVICE_PORT(?:_\w+)?$/, values: isNumber },
  { names: /^ONLOOKER_(?:\w+_)?PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/, values: isLink },
  { names: /^ONLOOKER_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_PROTO$/, values: (value) => /^(tcp|udp|sctp)$/.test(value) },
  { names: /^ONLOOKER_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_PORT$/, values: isNumber },
  { names: /^ONLOOKER_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_ADDR$/, values: (value) => isIP(value) !== 0 },
];

/**
 * @param options of the command line, by the name of the setting that each is for
 * @param env the environment, by default the process's own
 * @param folder where `onlooker.config.json` is looked for
 * @throws ConfigError
 */
export function loadConfig(
  options: SettingOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
): Config {
  const file = configFile(env, folder);
  const fromFile = file === null ? {} : readConfigFile(file);
  const fromEnvironment = readEnvironment(env);
  const fromOptions: Partial<Record<SettingName, unknown>> = options;
  const settings: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, Origin>> = {};
  for (const name of SETTING_NAMES) {
    const [origin, value]: [Origin, unknown] =
      name in fromOptions
        ? ['option', fromOptions[name]]
        : name in fromEnvironment
          ? ['env', fromEnvironment[name]]
          : name in fromFile
            ? ['file', fromFile[name]]
            : ['default', undefined];
    origins[name] = origin;
    const parsed = settingsSchema.shape[name].safeParse(value);
    // A variable that is empty counts as unset; an option was typed, so a shell's variable in it was not set.
    if (!parsed.success || (origin === 'option' && value === '')) throw wrongValue(name, value, whereOf(name, origin, file));
    settings[name] = parsed.data;
  }
  const notes: string[] = [];
  const choose = (name: 'dataDir' | 'modelsDir', { path, note }: StandardFolder): void => {
    if (origins[name] !== 'default') return;
    settings[name] = path;
    if (note !== undefined) notes.push(note);
  };
  choose('dataDir', dataFolder(env));
  choose('modelsDir', modelsFolder(env, origins.dataDir === 'default' ? undefined : (settings.dataDir as string)));
  return { settings: settings as Settings, origins: origins as Record<SettingName, Origin>, file, notes };
}

/** As the user wrote it. */
function whereOf(name: SettingName, origin: Origin, file: string | null): string {
  if (origin === 'option') return `--${name}`;
  return origin === 'file' ? `${name} in ${file ?? ''}` : environmentName(name);
}

function configFile(env: NodeJS.ProcessEnv, folder: string): string | null {
  const named = env[FILE_VARIABLE];
  if (named !== undefined && named !== '') return resolve(folder, named);
  const standard = resolve(folder, STANDARD_FILE);
  return existsSync(standard) ? standard : null;
}

function readConfigFile(file: string): Partial<Record<SettingName, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`cannot read the configuration file ${file}: ${messageOf(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ConfigError(`${file} must hold one JSON object`);
  for (const key of Object.keys(parsed)) {
    if (!SETTING_NAMES.some((name) => name === key))
      throw new ConfigError(`${file}: ${key} is not a setting${hint(key, SETTING_NAMES)}`);
  }
  return parsed;
}

/** An empty variable counts as one that is not there, as compose files leave them. */
function readEnvironment(env: NodeJS.ProcessEnv): Partial<Record<SettingName, unknown>> {
  const byVariable = new Map(SETTING_NAMES.map((name) => [environmentName(name), name]));
  const found: Partial<Record<SettingName, unknown>> = {};
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('ONLOOKER_') || variable === FILE_VARIABLE || CLIENT_VARIABLES.includes(variable)) continue;
    if (isOfKubernetes(variable, value ?? '')) continue;
    const name = byVariable.get(variable);
    if (name === undefined) throw new ConfigError(`${variable} is not a setting${hint(variable, [...byVariable.keys()])}`);
    const meant = meantBy(value ?? '');
    if (meant !== '') found[name] = meant;
  }
  return found;
}

/** Words of the Content-Security-Policy, which have their quotes for good. */
const QUOTED_WORD = /^'(none|self)'$/;

/**
 * What is meant by a variable's value: files of variables leave spaces, line ends of other systems and quotes around it where nobody
 * takes them away (`docker run --env-file` does not). A value that is nothing but spaces is refused as what it is.
 */
function meantBy(value: string): string {
  const text = value.trim();
  if (QUOTED_WORD.test(text)) return text;
  const [, , inside] = /^(["'])((?:(?!\1).)*)\1$/.exec(text) ?? [];
  return inside ?? (text === '' ? value : text);
}

/**
 * Kubernetes tells every container of the Services beside it in variables, and of one named `onlooker` (or `onlooker-…`) they begin as
 * ours do. Names and values are both looked at, so that a slip in a setting of ours is still told.
 */
function isOfKubernetes(variable: string, value: string): boolean {
  return KUBERNETES.some(({ names, values }) => names.test(variable) && values(value));
}

function wrongValue(name: SettingName, value: unknown, where: string): ConfigError {
  const { expects, secret } = settingNotes(name);
  return new ConfigError(`${where} must be ${expects}${secret ? '' : `, but is ${JSON.stringify(value)}`}`);
}

function hint(wrong: string, known: readonly string[]): string {
  const ranked = known.map((name) => ({ name, distance: editDistance(wrong, name) })).sort((a, b) => a.distance - b.distance);
  const nearest = ranked[0];
  return nearest !== undefined && nearest.distance <= 4
    ? `; did you mean ${nearest.name}?`
    : '; `onlooker config` lists those there are';
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
