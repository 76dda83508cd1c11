// `onlooker health`: is the service of this machine ready? For images and supervisors, which go by the exit code. It reads the settings as
// the service does, so that both mean the same port whatever the environment holds.
import { Command } from 'commander';
import { compatNamed, compatOption, environmentWith } from '../compat/compat-environment.js';
import { loadConfig, type SettingOptions } from '../config.js';
import { ownHost, webAddress, type Scheme } from '../openable-addresses.js';
import { EXIT_FAILED, reportingErrors } from './report-errors.js';

const WAIT_MS = 4_000;

export function healthCommand(): Command {
  return new Command('health')
    .description('ask the service of this machine whether it is ready (exit code 0) or not (1)')
    .option('-p, --port <port>', 'port that `serve` was given')
    .option('--host <address>', 'address that `serve` was given')
    .addOption(compatOption())
    .action(reportingErrors(health));
}

async function health({ compat, ...options }: SettingOptions & { readonly compat?: string }): Promise<void> {
  const { settings } = loadConfig(options, environmentWith(await compatNamed(compat)));
  const addressBy = (scheme: Scheme): string => webAddress(scheme, ownHost(settings.host), settings.port);
  // Which of the two it speaks is not known: with --lan it has a certificate that is in no setting.
  for (const address of [addressBy('http'), addressBy('https')]) {
    try {
      if (await isReady(address)) return;
      process.stderr.write(`onlooker: the service at ${address} is not ready\n`);
      process.exitCode = EXIT_FAILED;
      return;
    } catch {
      // The other one, or none.
    }
  }
  process.stderr.write(`onlooker: no service answers at ${new URL(addressBy('http')).host}\n`);
  process.exitCode = EXIT_FAILED;
}

async function isReady(address: string): Promise<boolean> {
  const { Agent, request } = await import('undici');
  // Its certificate is for the names that others call it by.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const { statusCode, body } = await request(`${address}/ready`, { dispatcher, signal: AbortSignal.timeout(WAIT_MS) });
    await body.dump();
    return statusCode === 200;
  } finally {
    await dispatcher.destroy();
  }
}
