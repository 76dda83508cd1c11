// Sign-ins that the owner of this machine asks for while the service runs (`onlooker lan`): tickets that are handed over as files in
// the data folder, each named by the ticket's hash, so that none of them is ever written. Whoever may write there may make keys too.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, secretHash(text)), '', { mode: 0o600, flag: 'wx' });
  return text;
}

export interface Invitation {
  readonly hash: string;
  /** Unix ms. */
  readonly expiresAtMs: number;
}

/** Takes what is there out of the folder. @returns those that have not run out */
export async function takeInvitations(dataDir: string, nowMs: number): Promise<readonly Invitation[]> {
  const folder = join(dataDir, FOLDER);
  const names = await readdir(folder).catch(() => []);
  const found: Invitation[] = [];
  for (const hash of names.filter((name) => HASH.test(name))) {
    const file = join(folder, hash);
    const { mtimeMs } = await stat(file);
    await rm(file);
    const expiresAtMs = mtimeMs + INVITATION_MS;
    if (expiresAtMs > nowMs) found.push({ hash, expiresAtMs });
  }
  return found;
}
