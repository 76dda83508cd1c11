// Which service is stood in for, and what its environment means for ours.
import { InvalidArgumentError, Option } from 'commander';
import type { CompatService } from './compat-mode.js';

/** The keys of `COMPAT_MODES`, which are loaded with the service alone. */
const NAMES = ['attendance', 'classification', 'insightface', 'land-use'];

/** `--compat`, of all commands that have to mean the same service. */
export const compatOption = (): Option =>
  new Option('--compat <service>', 'stand in for another service: its port, variables and addresses (docs/compat.md)')
    .argParser(serviceName)
    .env('ONLOOKER_COMPAT');

/** An empty variable is none, as compose files leave them. */
function serviceName(text: string): string {
  if (text === '' || NAMES.includes(text)) return text;
  throw new InvalidArgumentError(`It must be one of ${NAMES.join(', ')}.`);
}

/** Null where it stands in for none. @throws ConfigError for a variable of that service that is wrong */
export async function compatNamed(name: string | undefined): Promise<CompatService | null> {
  if (name === undefined || name === '') return null;
  const { COMPAT_MODES } = await import('./modes.js');
  const mode = COMPAT_MODES[name];
  if (mode === undefined) throw new Error(`there is no service ${name} to stand in for`);
  return mode(process.env);
}

/** The environment by which we are configured. Ours goes before what that of the other service means; an empty variable is none. */
export function environmentWith(compat: CompatService | null): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([, value]) => value !== '');
  return { ...compat?.environment, ...Object.fromEntries(own) };
}
