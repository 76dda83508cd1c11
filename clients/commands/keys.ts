// `onlooker keys`: its subcommands and their options. What they do is loaded when they run. Without an address or a key it is about the
// data folder of this machine, so that the first key can be made before a service runs.
import type { KeyFlags, NewKeyFlags } from './flags.js';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ROLES, STREAM_PATTERN, type Role } from '../../protocol/access.js';
import { addServiceOptions, runOnService } from './service-options.js';
import type { ServiceFlags } from './flags.js';
import { CommandError, runCommand } from '../terminal/failure.js';
import type { KeyAdministration } from '../keys/keys.js';

const load = () => import('../keys/keys.js');

/** Opens the keys of this machine's data folder. */
export type OpenLocalKeys = () => Promise<KeyAdministration & { readonly file: string; close(): Promise<void> }>;

/** @param openLocal the command line may not know the service's files: whoever puts both together does */
export function keysCommand(openLocal: OpenLocalKeys): Command {
  const keys = new Command('keys').description(
    'keys of the service: who may talk to it, and what each of them may do. Without --url and a key, those of this machine (ONLOOKER_DATA_DIR)',
  );
  const command = (name: string, description: string) => addServiceOptions(keys.command(name).description(description));
  const run = (
    flags: KeyFlags,
    command: Command,
    work: (module: Awaited<ReturnType<typeof load>>, administered: KeyAdministration) => Promise<void>,
  ): Promise<void> => {
    if (!isLocal(flags, command)) {
      return runOnService(flags, async (service, signal, url) => {
        const module = await load();
        const administered = service.http(signal).keys;
        module.tellWhose(`of the service at ${url}`);
        await work(module, administered);
      });
    }
    return runCommand('this machine', async () => {
      const module = await load();
      const administered = await openLocal().catch(toCommandError);
      try {
        module.tellWhose(`of this machine, in ${administered.file}`);
        await work(module, administered).catch(toCommandError);
      } finally {
        await administered.close();
      }
    });
  };

  addServiceOptions(keys.command('list', { isDefault: true }))
    .description('list all of them (also what `onlooker keys` alone does)')
    .option('--json', 'print one JSON object for each key')
    .action((flags: KeyFlags, command: Command) => run(flags, command, (module, all) => module.listKeys(all, flags)));

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
    .action((name: string, flags: NewKeyFlags, command: Command) =>
      run(flags, command, (module, all) => module.addKey(all, name, flags, isLocal(flags, command))),
    );
  command('revoke', 'end keys for good; connections that they opened are closed')
    .alias('rm')
    .alias('remove')
    .argument('<ids...>', 'ids of the keys, as `onlooker keys` lists them')
    .action((ids: string[], flags: KeyFlags, command: Command) =>
      run(flags, command, (module, all) => module.revokeKeys(all, ids)),
    );
  return keys;
}

/** Errors of the service's own code, which is not known here, say in one line what its user can mend. */
function toCommandError(error: unknown): never {
  const isForUsers = error instanceof Error && ['StartError', 'ConfigError', 'OnlookerError'].includes(error.name);
  throw isForUsers ? new CommandError(error.message) : error;
}

/** Whoever names a service, or shows a key to one, means that service. */
function isLocal({ key, keyFile }: ServiceFlags, command: Command): boolean {
  const { ONLOOKER_KEY: given, ONLOOKER_KEY_FILE: file } = process.env;
  return command.getOptionValueSource('url') === 'default' && [key, keyFile, given, file].every((text) => (text ?? '') === '');
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
