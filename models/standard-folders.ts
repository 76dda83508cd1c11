// Where models and data are kept when nobody says: in the user's own folders, as XDG has it, and elsewhere on machines where the user has
// none (any uid in a container, a read-only root, HOME=/dev/null). It looks and makes nothing.
import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

export interface StandardFolder {
  readonly path: string;
  /** It is not where it would be looked for: one line about that. */
  readonly note?: string;
}

/** Nothing can be made in them, whatever their permissions say. */
const UNREAL = /^\/(proc|sys|dev)(\/|$)/;
const SYSTEM_DATA = '/var/lib/onlooker';

/** Models can be fetched again, so they are kept in any place that takes them. @param dataDir where data is kept, if somebody said so */
export function modelsFolder(env: NodeJS.ProcessEnv = process.env, dataDir?: string): StandardFolder {
  const own = userFolder(env, 'XDG_CACHE_HOME', '.cache');
  const usual = own === null ? [] : [join(own, 'onlooker', 'models')];
  const others = [...(dataDir === undefined ? [] : [join(dataDir, 'models')]), ...temporaryFolder()];
  const found = usual.find(holdsModels) ?? others.find(holdsModels);
  if (found !== undefined && usual.includes(found)) return { path: found };
  const path = found ?? usual[0] ?? others[0] ?? join(SYSTEM_DATA, 'models');
  return {
    path,
    note: `the user has no cache folder that can be written to: models are kept in ${path}; ONLOOKER_MODELS_DIR names another`,
  };
}

/** Data cannot be had again, so it is kept in no place that a restart may empty: without any the first is told, to be mended. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): StandardFolder {
  const own = userFolder(env, 'XDG_DATA_HOME', '.local/share');
  const usual = own === null ? SYSTEM_DATA : join(own, 'onlooker');
  // What lies in it already is nothing to begin without.
  if (usual === SYSTEM_DATA || existsSync(usual) || isWritable(usual) || !isWritable(SYSTEM_DATA)) return { path: usual };
  return {
    path: SYSTEM_DATA,
    note: `the user has no data folder that can be written to: data is kept in ${SYSTEM_DATA}; ONLOOKER_DATA_DIR names another`,
  };
}

/** The user's home, where there is one that is a folder of its own; null for `/`, `/dev/null` and what is not absolute. */
export function homeFolder(env: NodeJS.ProcessEnv = process.env): string | null {
  const home = env['HOME'] || passwdHome();
  return home !== null && home !== '/' && isReal(home) ? home : null;
}

/** A filled cache is only read. */
function holdsModels(path: string): boolean {
  return isWritable(path) || existsSync(join(path, 'sha256'));
}

/** Whether a folder can be made to be there, and takes files. */
export function isWritable(path: string): boolean {
  try {
    if (!statSync(path).isDirectory()) return false;
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    return (
      (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path && isReal(path) && isWritable(dirname(path))
    );
  }
}

function isReal(path: string): boolean {
  return isAbsolute(path) && !UNREAL.test(path);
}

/** @param variable which counts where it is absolute, as its specification says */
function userFolder(env: NodeJS.ProcessEnv, variable: string, below: string): string | null {
  const named = env[variable] ?? '';
  if (isReal(named)) return named;
  const home = homeFolder(env);
  return home === null ? null : join(home, below);
}

/** A uid without an entry has none. */
function passwdHome(): string | null {
  try {
    return userInfo().homedir;
  } catch {
    return null;
  }
}

/** One that another user put there is not ours, though its files' hashes are looked at. */
function temporaryFolder(): string[] {
  const uid = process.getuid?.();
  const folder = join(tmpdir(), `onlooker-${uid ?? 'models'}`);
  try {
    const found = lstatSync(folder);
    if (!found.isDirectory() || (uid !== undefined && found.uid !== uid)) return [];
  } catch {
    // Not there yet.
  }
  return [join(folder, 'models')];
}
