// The user's own npm settings (registry, keys, proxy, certificates, cache) from where npm itself takes them: environment,
// project, user and global npmrc. Whoever can `npm install` can fetch models. Must never be logged: it holds keys.
import { dirname, join } from 'node:path';
import Config from '@npmcli/config';
import definitions from '@npmcli/config/lib/definitions/index.js';
import { homeFolder, isWritable } from '../standard-folders.js';

export type NpmSettings = Readonly<Record<string, unknown>>;

/**
 * Reads the settings as npm-registry-fetch and pacote take them.
 * @param folder takes npm's cache where the user's own cannot be written to, and is a home to users without one
 */
export async function npmSettings(folder: string): Promise<NpmSettings> {
  const config = new Config({
    ...definitions,
    npmPath: join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm'),
    // Our own command line is not npm's, and loading writes npm_config_* into the environment it is given.
    argv: [process.execPath, 'npm'],
    // npm needs some home to begin with, and a uid without an entry has none.
    env: { ...process.env, HOME: homeFolder() ?? folder },
  });
  await config.load();
  // npm waits 10 s and then 60 s between attempts, which is too long for a service that waits for an answer at its start.
  const cache = config.flat['cache'];
  const isOwn = typeof cache === 'string' && isWritable(cache);
  return {
    ...config.flat,
    ...(isOwn ? {} : { cache: join(folder, 'npm') }),
    fetchRetryMintimeout: 500,
    fetchRetryMaxtimeout: 2_000,
  };
}
