// The options that all commands have which talk to a service: where it is, what is shown to it, whom to trust. What they
// mean is read when the command runs (service.ts), so that a wrong value with a secret in it is never repeated.
import type { ServiceFlags } from './flags.js';
import { Option, type Command } from 'commander';
import { serviceAddress } from '../address.js';
import { runCommand } from '../terminal/failure.js';
import type { Service } from './service.js';

export function addServiceOptions(command: Command): Command {
  return command
    .addOption(new Option('-u, --url <url>', 'address of the service').env('ONLOOKER_URL').default('http://127.0.0.1:8080'))
    .option('--key-file <file>', 'file that holds the key (env: ONLOOKER_KEY, ONLOOKER_KEY_FILE)')
    .option('--key <key>', 'the key itself; - reads it from stdin')
    .option('-H, --header <header>', 'a further header, "Name: value"; @FILE reads them from a file; may be repeated', oneMore)
    .addOption(new Option('--ca <file>', 'certificate of the authority to trust (PEM or DER)').env('ONLOOKER_CA'));
}

/** Runs what a command does on its service; see `runCommand` for how it ends. */
export function runOnService(
  flags: ServiceFlags,
  /** `url` is the address for messages. */
  work: (service: Service, signal: AbortSignal, url: string) => Promise<void>,
): Promise<void> {
  const url = shownAddress(flags.url);
  return runCommand(url, async (signal) => {
    const { serviceOf } = await import('./service.js');
    await work(await serviceOf(flags), signal, url);
  });
}

function shownAddress(url: string): string {
  try {
    return serviceAddress(url).shown;
  } catch {
    return 'an address that is none';
  }
}

const oneMore = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
