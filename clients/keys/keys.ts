// What `onlooker keys` and its subcommands do, with the keys of a service or of this machine. A key is printed once, when it is
// made, to stdout and nowhere else.
import type { NewKeyFlags } from '../commands/flags.js';
import type { CreatedKey, KeyRecord, NewKey } from '../http-client.js';
import { localTime } from '../streams/local-time.js';
import { CommandError } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { formatTable, paint, shown } from '../terminal/table.js';

const TITLES = ['ID', 'NAME', 'ROLES', 'STREAMS', 'CREATED', 'EXPIRES', 'LAST USED', 'STATE'] as const;

/** Keys that can be administered: those of a service over HTTP, or of the data folder of this machine. */
export interface KeyAdministration {
  list(): Promise<readonly KeyRecord[]>;
  add(key: NewKey): Promise<CreatedKey>;
  revoke(id: string): Promise<void>;
}

/** Keys of this machine and of a service look alike, and an option or variable chooses between them: so it is said each time. */
export function tellWhose(whose: string): void {
  createOutput().note(`keys ${whose}`);
}

export async function listKeys(administered: KeyAdministration, flags: { readonly json?: true }): Promise<void> {
  const output = createOutput();
  const keys = await administered.list();
  if (flags.json) for (const key of keys) await output.print(JSON.stringify(key));
  else if (keys.length === 0) output.note('there are no keys yet: `onlooker keys add NAME --role ROLE`');
  else await output.print(formatTable(TITLES, keys.map(cellsOf)));
}

/** @param isLocal keys of this machine: no service is there to refuse a first key that shuts its administrators out */
export async function addKey(keys: KeyAdministration, name: string, flags: NewKeyFlags, isLocal: boolean): Promise<void> {
  const added = await keys.add({
    name,
    roles: [...flags.role],
    ...(flags.stream === undefined ? {} : { streams: [...flags.stream] }),
    expires_at: flags.expires === undefined || flags.expires === Infinity ? null : flags.expires,
  });
  const output = createOutput();
  if (flags.json) return output.print(JSON.stringify(added, null, 2));
  const { id, roles, streams, expires_at: expiresAt } = added;
  const until = expiresAt === null ? 'until it is revoked' : `until ${localTime(expiresAt)}`;
  output.note(
    `added ${id} (${shown(name)}): ${roles.join(', ')} on ${streams.join(', ')}, ${until}; this is the key, shown once:`,
  );
  await output.print(added.key);
  if (isLocal && !(await keys.list()).some(isAdministrators)) {
    output.note("from now on everybody needs a key, and none here is an administrator's: `onlooker keys add NAME --role admin`");
  }
}

function isAdministrators({ roles, revoked_at: revokedAt, expires_at: expiresAt }: KeyRecord): boolean {
  return roles.includes('admin') && revokedAt === undefined && (expiresAt === null || expiresAt > Date.now());
}

/** Looks whether all are there first, so that a wrong id ends nobody's access. */
export async function revokeKeys(keys: KeyAdministration, ids: readonly string[]): Promise<void> {
  const known = await keys.list();
  const wanted = ids.map((id) => {
    const key = known.find((one) => one.id === id || one.prefix === id);
    if (!key) throw new CommandError(`there is no key ${shown(id).slice(0, 12)}: see \`onlooker keys\``);
    return key;
  });
  for (const { id, name } of new Set(wanted)) {
    await keys.revoke(id);
    createOutput().note(`revoked ${id} (${shown(name)})`);
  }
}

function cellsOf(key: KeyRecord): string[] {
  const { id, name, roles, streams, created_at: createdAt, expires_at: expiresAt, last_used_at: lastUsedAt } = key;
  return [
    id,
    shown(name),
    roles.join(','),
    streams.join(','),
    localTime(createdAt),
    expiresAt === null ? 'never' : localTime(expiresAt),
    lastUsedAt === null ? 'never' : localTime(lastUsedAt),
    stateOf(key),
  ];
}

function stateOf({ revoked_at: revokedAt, expires_at: expiresAt }: KeyRecord): string {
  if (revokedAt !== undefined) return paint('red', 'revoked');
  return expiresAt !== null && expiresAt <= Date.now() ? paint('yellow', 'expired') : paint('green', 'valid');
}
