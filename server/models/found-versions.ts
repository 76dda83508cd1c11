// Which versions of which models lie in the folders that models are served from.
import { reasonOf } from '../../models/model-error.js';
import { listModels, modelFiles, stampOf, type ServedFiles } from '../../models/served/model-folders.js';
import { servedTask } from '../../models/served/read-served-model.js';
import type { ServedTask } from '../../models/served/served-model.js';
import type { ServedVersion } from '../../protocol/models.js';

export type Place = ServedVersion['place'];

/** A folder with models in it. */
export interface ModelRoot {
  readonly path: string;
  readonly place: Place;
  /** Whether it need not be there. */
  readonly isOptional: boolean;
}

export interface FoundVersion {
  readonly name: string;
  readonly version: string;
  readonly id: string;
  readonly place: Place;
  readonly task: ServedTask;
  readonly files: ServedFiles;
  /** Changes whenever a file does. */
  readonly stamp: string;
}
export type FoundVersions = ReadonlyMap<string, ReadonlyMap<string, FoundVersion>>;

/**
 * @param roots what lies in an earlier one goes before what is called the same in a later one
 * @param onWarning told of each folder that is passed over
 * @param given a classifier that is named by its files; it goes before what is called the same
 * @returns by name and version
 */
export async function findVersions(
  roots: readonly ModelRoot[],
  onWarning: (line: string) => void,
  given?: ServedFiles,
): Promise<FoundVersions> {
  const found = new Map<string, Map<string, FoundVersion>>();
  if (given !== undefined) {
    const { name, version } = given;
    const stamp = await stampOf(given).catch((error: unknown) => reasonOf(error));
    const one = { name, version, id: `${name}@${version}`, place: 'folder', task: 'classify', files: given, stamp } as const;
    found.set(name, new Map([[version, one]]));
  }
  for (const { path, place, isOptional } of roots) {
    const listed = await listModels(path, onWarning).catch((error: unknown) => {
      if (!isOptional) onWarning(`no models are served from ${path}: ${reasonOf(error)}`);
      return [];
    });
    for (const { name, versions } of listed) {
      const ofName = found.get(name) ?? new Map<string, FoundVersion>();
      for (const version of versions) {
        const id = `${name}@${version}`;
        if (ofName.has(version)) {
          onWarning(`${id} in ${path} is passed over: there is one of that name already`);
          continue;
        }
        try {
          const files = await modelFiles(path, name, version);
          const [task, stamp] = await Promise.all([servedTask(files), stampOf(files)]);
          ofName.set(version, { name, version, id, place, task, files, stamp });
        } catch (error) {
          onWarning(`the model ${id} is not served: ${reasonOf(error)}`);
        }
      }
      if (ofName.size > 0) found.set(name, ofName);
    }
  }
  return found;
}
