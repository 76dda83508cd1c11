// `onlooker keys`: its subcommands and their options. What they do is loaded when they run.
import { Command, InvalidArgumentError, Option } from 'commander';
import { ROLES, STREAM_PATTERN, type Role } from '../../protocol/access.js';
import { addServiceOptions, runOnService, type ServiceFlags } from './service-options.js';
import type { Service } from './service.js';

interface CommonFlags extends ServiceFlags {
  readonly json?: true;
}
export interface NewKeyFlags extends CommonFlags {
  readonly role: readonly Role[];
  readonly stream?: readonly string[];
  /** Unix ms; Infinity: never. */
  readonly expires?: number;
}
const load = () => import('../keys/keys.js');

export function keysCommand(): Command {
  const keys = new Command('keys').description('keys of the service: who may talk to it, and what each of them may do');
  const command = (name: string, description: string) => addServiceOptions(keys.command(name).description(description));
  const run = (
    flags: CommonFlags,
    work: (module: Awaited<ReturnType<typeof load>>, service: Service, signal: AbortSignal) => Promise<void>,
  ) => runOnService(flags, async (service, signal) => work(await load(), service, signal));

  addServiceOptions(keys.command('list', { isDefault: true }))
    .description('list all of them (also what `onlooker keys` alone does)')
    .option('--json', 'print one JSON object for each key')
    .action((flags: CommonFlags) => run(flags, (module, service, signal) => module.listKeys(service, flags, signal)));

  command('add', 'make a key; it is printed to stdout this once and never again')
    .argument('<name>', 'what the key is for, e.g. the name of a camera or a program')
    .addOption(
      new Option('--role <role>', `what it may do: ${ROLES.join(', ')}; may be repeated`)
        .argParser(oneMoreRole)
        .makeOptionMandatory(),
    )
    .option('--stream <pattern>', "the streams that it may touch, e.g. 'door-*'; may be repeated (default: all)", oneMorePattern)
    .option('--expires <when>', 'how long it holds (12h, 30d, 52w), until when (2027-01-31), or never (default)', expiry)
    .option('--json', 'print the whole answer as JSON')
    .addHelpText(
      'after',
      `
Roles: ingest opens streams and sends frames; viewer sees events, people and streams; enroller changes people and faces
too; admin may do everything.

Examples:
  onlooker keys add door --role ingest --stream 'door-*' > door.key
  onlooker keys add dashboard --role viewer --expires 90d`,
    )
    .action((name: string, flags: NewKeyFlags) =>
      run(flags, (module, service, signal) => module.addKey(service, name, flags, signal)),
    );
  command('revoke', 'end keys for good; connections that they opened are closed')
    .alias('rm')
    .alias('remove')
    .argument('<ids...>', 'ids of the keys, as `onlooker keys` lists them')
    .action((ids: string[], flags: CommonFlags) =>
      run(flags, (module, service, signal) => module.revokeKeys(service, ids, signal)),
    );
  return keys;
}

function oneMoreRole(text: string, before: readonly Role[] = []): readonly Role[] {
  const role = ROLES.find((one) => one === text);
  if (role === undefined) throw new InvalidArgumentError(`It must be one of ${ROLES.join(', ')}.`);
  return [...new Set([...before, role])];
}

function oneMorePattern(text: string, before: readonly string[] = []): readonly string[] {
  if (STREAM_PATTERN.test(text)) return [...before, text];
  throw new InvalidArgumentError('It must be 1 to 64 of A-Z a-z 0-9 . _ - *');
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** @returns Unix ms, or Infinity for never. @throws InvalidArgumentError for what is no time to come */
export function expiry(text: string): number {
  if (text === 'never') return Infinity;
  const [, count, unit = ''] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const atMs = count === undefined ? dateMs(text) : Date.now() + Number(count) * (UNIT_MS[unit] ?? NaN);
  if (atMs > Date.now()) return atMs;
  throw new InvalidArgumentError('It must be a time to come, such as 12h, 30d, 52w, 2027-01-31, or never.');
}

/** A day holds to its end, as people mean it. */
function dateMs(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Date.parse(`${text}T23:59:59.999`);
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : NaN;
}
