// The user's own npm settings (registry, keys, proxy, certificates, cache) from where npm itself takes them: environment,
// project, user and global npmrc. Whoever can `npm install` can fetch models. Must never be logged: it holds keys.
import { dirname, join } from 'node:path';
import Config from '@npmcli/config';
import definitions from '@npmcli/config/lib/definitions/index.js';

export type NpmSettings = Readonly<Record<string, unknown>>;

/** Reads the settings as npm-registry-fetch and pacote take them. */
export async function npmSettings(): Promise<NpmSettings> {
  const config = new Config({
    ...definitions,
    npmPath: join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm'),
    // Our own command line is not npm's, and loading writes npm_config_* into the environment it is given.
    argv: [process.execPath, 'npm'],
    env: { ...process.env },
  });
  await config.load();
  // npm waits 10 s and then 60 s between attempts, which is too long for a service that waits for an answer at its start.
  return { ...config.flat, fetchRetryMintimeout: 500, fetchRetryMaxtimeout: 2_000 };
}
