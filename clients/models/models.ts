// What `onlooker models` does on a service: versions shown, put in use, tried out, given and fetched.
import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NamedVersion } from '../commands/flags.js';
import type { Service } from '../commands/service.js';
import type { ModelVersionsAnswer, ServedModelVersions, ServedVersion } from '../../protocol/models.js';
import { CommandError, UsageError } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { formatTable, shown } from '../terminal/table.js';

interface Flags {
  readonly json?: true;
}

const TITLES = ['MODEL', 'VERSION', 'FOR', 'STATE', 'IN USE'] as const;
const MODEL_FILE = /\.(onnx|h5|hdf5|keras)(|\.gz|\.zst)$/i;
const SIDE_FILES: readonly string[] = ['classes.txt', 'thresholds.csv', 'manifest.json'];
const LOOK_AGAIN_MS = 1000;

export async function showModels(service: Service, name: string | undefined, flags: Flags, signal: AbortSignal): Promise<void> {
  const output = createOutput();
  const answer = await service.http(signal).servedModels.versions();
  const models = answer.models.filter((model) => name === undefined || model.name === name);
  if (name !== undefined && models.length === 0) throw new CommandError(`there is no model ${shown(name)}`);
  if (flags.json) return output.print(JSON.stringify({ ...answer, models }, null, 2));
  const rows = models.flatMap((model) => model.versions.map((version) => cellsOf(model, version)));
  if (rows.length === 0) return output.note('there are no models in folders: `onlooker models give NAME@VERSION FILES`');
  await output.print(formatTable(TITLES, rows));
  const aliases = Object.entries(answer.aliases);
  for (const [alias, target] of aliases) await output.print(`${alias} stands for ${target}`);
  const { used_bytes: used, limit_bytes: limit } = answer.memory;
  output.note(`${mebibytes(used)} of ${mebibytes(limit)} in use`);
}

export async function useModel(
  service: Service,
  { name, version }: NamedVersion,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  await tell(await service.http(signal).servedModels.use(name, version), flags);
}

export async function rollBack(service: Service, name: string, flags: Flags, signal: AbortSignal): Promise<void> {
  await tell(await service.http(signal).servedModels.rollback(name), flags);
}

export async function tryOut(
  service: Service,
  { name, version }: NamedVersion,
  share: number,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  await tell(await service.http(signal).servedModels.tryOut(name, version, share), flags);
}

export async function setAlias(service: Service, alias: string, model: string | undefined, signal: AbortSignal): Promise<void> {
  const { servedModels: models } = service.http(signal);
  if (model === undefined) await models.removeAlias(alias);
  else await models.setAlias(alias, model);
  createOutput().note(
    model === undefined ? `${shown(alias)} is no alias any more` : `${shown(alias)} stands for ${shown(model)}`,
  );
}

export async function removeModel(service: Service, { name, version }: NamedVersion, signal: AbortSignal): Promise<void> {
  await service.http(signal).servedModels.remove(name, version);
  createOutput().note(`${name}@${version} is removed`);
}

export async function giveModel(
  service: Service,
  { name, version }: NamedVersion,
  given: readonly string[],
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput();
  const { servedModels: models } = service.http(signal);
  for (const { path, file } of await filesOf(given)) {
    if (!flags.json) output.note(`giving ${shown(path)} as ${file}`);
    await models.give(name, version, file, await openAsBlob(path));
  }
  await tell(await models.finish(name, version), flags);
}

export async function pullModel(
  service: Service,
  { name, version }: NamedVersion,
  from: string,
  flags: Flags & { readonly path?: string; readonly sha256?: string; readonly integrity?: string },
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput();
  const { servedModels: models } = service.http(signal);
  const { path, sha256, integrity } = flags;
  const file = sha256 === undefined ? null : modelFileName(new URL(from).pathname);
  let answer = await models.pull(name, version, {
    from,
    ...(path === undefined ? {} : { path }),
    ...(integrity === undefined ? {} : { integrity }),
    ...(sha256 === undefined || file === null ? {} : { files: { [file]: { sha256 } } }),
  });
  for (let told = -1; ;) {
    const found = versionIn(answer, name, version);
    if (found === undefined) throw new CommandError(`the service does not know of ${name}@${version} any more`);
    if (found.state === 'failed') throw new CommandError(found.reason ?? 'it could not be fetched');
    if (found.state !== 'fetching') break;
    const megabytes = Math.floor((found.received_bytes ?? 0) / 1e6);
    if (megabytes > told && !flags.json) output.note(`${megabytes} MB`);
    told = megabytes;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
    answer = await models.versions();
  }
  const model = answer.models.find((one) => one.name === name);
  if (model !== undefined) await tell(model, flags);
}

/** The files to be given, each with the name that it has in a model's folder. */
async function filesOf(given: readonly string[]): Promise<readonly { readonly path: string; readonly file: string }[]> {
  const [folder] = given;
  const isFolder = given.length === 1 && folder !== undefined && (await stat(folder).catch(() => null))?.isDirectory() === true;
  const paths = isFolder
    ? (await readdir(folder))
        .filter((entry) => SIDE_FILES.includes(entry) || /^model\./.test(entry))
        .map((entry) => join(folder, entry))
    : given;
  const files = paths.map((path) => {
    const file = SIDE_FILES.includes(basename(path)) ? basename(path) : modelFileName(path);
    if (file === null) throw new UsageError(`${shown(path)} is no model file and none of ${SIDE_FILES.join(', ')}`);
    return { path, file };
  });
  if (files.filter(({ file }) => file.startsWith('model.')).length !== 1) throw new UsageError('give exactly one model file');
  for (const { path } of files)
    if (!(await stat(path).catch(() => null))?.isFile()) throw new CommandError(`there is no file ${shown(path)}`);
  return files;
}

function modelFileName(path: string): string | null {
  const ending = MODEL_FILE.exec(path)?.[0];
  return ending === undefined ? null : `model${ending.toLowerCase()}`;
}

function versionIn({ models }: ModelVersionsAnswer, name: string, version: string): ServedVersion | undefined {
  return models.find((model) => model.name === name)?.versions.find((one) => one.version === version);
}

async function tell(model: ServedModelVersions, flags: Flags): Promise<void> {
  const output = createOutput();
  if (flags.json) return output.print(JSON.stringify(model, null, 2));
  const { name, in_use: inUse, previous, canary } = model;
  const before = previous === null || previous === inUse ? '' : `, before it ${previous}`;
  const tried = canary === null ? '' : `, ${canary.version} is tried on ${percent(canary.share)} of the streams`;
  await output.print(`${name}: ${inUse ?? 'none'} is in use${before}${tried}`);
}

function cellsOf(model: ServedModelVersions, { version, task, state, reason }: ServedVersion): readonly string[] {
  const { name, in_use: inUse, canary, previous } = model;
  const uses = [
    ...(version === inUse ? ['in use'] : []),
    ...(version === canary?.version ? [`tried on ${percent(canary.share)}`] : []),
    ...(version === previous && version !== inUse ? ['before'] : []),
  ];
  return [name, version, task ?? '', reason === undefined ? state : `${state}: ${shown(reason)}`, uses.join(', ')];
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10}%`;
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
