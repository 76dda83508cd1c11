// Sign-ins that the owner of this machine asks for while the service runs (`onlooker lan`): tickets that are handed over as files in
// the data folder, each named by the ticket's hash, so that none of them is ever written. Whoever may write there may make keys too.
import { randomBytes } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../models/make-folder.js';
import { systemCodeOf } from '../../models/model-error.js';
import { secretHash } from './keys/api-key.js';

const FOLDER = 'invitations';
const HASH = /^[0-9a-f]{64}$/;
const SECRET_BYTES = 32;
/** Time to find the phone; a ticket is good for one entry anyway. */
export const INVITATION_MS = 15 * 60_000;

/** @returns the text of a ticket that signs one browser in as an administrator, once the service has found it */
export async function invite(dataDir: string): Promise<string> {
  const text = randomBytes(SECRET_BYTES).toString('base64url');
  const folder = join(dataDir, FOLDER);
  makeFolder(folder, 0o700);
  await writeFile(join(folder, secretHash(text)), '', { mode: 0o600, flag: 'wx' });
  return text;
}

export interface Invitation {
  readonly hash: string;
  /** For how long it is still good. */
  readonly restMs: number;
}

/** Takes what is there out of the folder. @returns those that have not run out @throws where it cannot be read */
export async function takeInvitations(dataDir: string, nowMs: number): Promise<readonly Invitation[]> {
  const folder = join(dataDir, FOLDER);
  const names = await readdir(folder).catch(orNone([]));
  const found: Invitation[] = [];
  for (const hash of names.filter((name) => HASH.test(name))) {
    const file = join(folder, hash);
    const made = await stat(file).catch(orNone(null));
    if (made === null) continue;
    await rm(file, { force: true });
    // By the clock that wrote it, which may have been set since: never for longer than it was made for.
    const restMs = Math.min(INVITATION_MS, made.mtimeMs + INVITATION_MS - nowMs);
    if (restMs > 0) found.push({ hash, restMs });
  }
  return found;
}

/** What is not there, or was taken by another look. */
function orNone<T>(none: T): (error: unknown) => T {
  return (error) => {
    if (systemCodeOf(error) === 'ENOENT') return none;
    throw error;
  };
}
