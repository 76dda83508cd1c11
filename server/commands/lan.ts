// `onlooker lan`: what `serve --lan` printed when it started, again, with a new code, while that service runs on. No key is made and
// none is needed: whoever may write to the data folder may make keys anyway.
import { Command } from 'commander';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { KEYS_FILE } from '../access/access.js';
import { invite } from '../access/invitations.js';
import { KeyStore } from '../access/keys/key-store.js';
import { loadConfig } from '../config.js';
import { announce } from '../lan/announcement.js';
import { LAN_FOLDER } from '../lan/lan-access.js';
import { localNames } from '../lan/local-names.js';
import { ownHost } from '../openable-addresses.js';
import type { Settings } from '../settings.js';
import { StartError } from '../start-error.js';
import { reportingErrors } from './report-errors.js';

const ASKING_MS = 5_000;

export function lanCommand(): Command {
  return new Command('lan')
    .description('show the address of a running `serve --lan` again, with a new code for a phone to sign in by')
    .option('-p, --port <port>', 'port that it listens on, before ONLOOKER_PORT (8080)')
    .action(
      reportingErrors(async ({ port }: { readonly port?: string }) => {
        const { settings } = loadConfig(port === undefined ? {} : { port });
        const authority = authorityOf(settings);
        await assertRuns(settings, authority);
        const ticket = process.stdout.isTTY && (await needsSignIn(settings)) ? await invite(settings.dataDir) : null;
        announce(
          {
            port: settings.port,
            basePath: settings.basePath,
            names: localNames(),
            fingerprint: authority && new X509Certificate(authority).fingerprint256,
          },
          { key: null, signInTicket: () => ticket },
          process.stdout,
        );
      }),
    );
}

/** Null where the certificate is the operator's own. */
function authorityOf({ dataDir, tlsCert }: Settings): Buffer | null {
  if (tlsCert !== undefined) return null;
  const file = join(dataDir, LAN_FOLDER, 'ca.crt');
  if (existsSync(file)) return readFileSync(file);
  throw new StartError(
    `no \`onlooker serve --lan\` has run with the data folder ${dataDir} yet (ONLOOKER_DATA_DIR names another)`,
  );
}

/** An address that nobody is at would be of no use. */
function assertRuns({ host, port }: Settings, authority: Buffer | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const trust = authority === null ? { rejectUnauthorized: false } : { ca: authority };
    const fail = (): void =>
      reject(
        new StartError(
          `no \`onlooker serve --lan\` of this data folder answers at port ${port}: start it, or name its port by --port`,
        ),
      );
    request({ host: ownHost(host), port, path: '/health', timeout: ASKING_MS, ...trust }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else fail();
    })
      .on('timeout', fail)
      .on('error', fail)
      .end();
  });
}

/** Nobody needs to sign in where all are let in, and nobody can where there is no administrator. */
async function needsSignIn({ dataDir, open, adminKey }: Settings): Promise<boolean> {
  if (open) return false;
  const keys = await KeyStore.open({ path: join(dataDir, KEYS_FILE), configured: adminKey });
  try {
    return keys.admin !== null;
  } finally {
    await keys.close();
  }
}
