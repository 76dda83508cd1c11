// `onlooker health`: is the service of this machine ready? For images and supervisors, which go by the exit code. It reads the settings as
// the service does, so that both mean the same port whatever the environment holds.
import { Command } from 'commander';
import { isIPv6 } from 'node:net';
import { loadConfig, type SettingOptions } from '../config.js';
import type { Settings } from '../settings.js';
import { EXIT_FAILED, reportingErrors } from './report-errors.js';

const WAIT_MS = 4_000;

export function healthCommand(): Command {
  return new Command('health')
    .description('ask the service of this machine whether it is ready (exit code 0) or not (1)')
    .option('-p, --port <port>', 'port that `serve` was given')
    .option('--host <address>', 'address that `serve` was given')
    .action(reportingErrors(health));
}

async function health(options: SettingOptions): Promise<void> {
  const { settings } = loadConfig(options);
  const place = ownPlace(settings);
  // Which of the two it speaks is not known: with --lan it has a certificate that is in no setting.
  for (const address of [`http://${place}`, `https://${place}`]) {
    try {
      if (await isReady(address)) return;
      process.stderr.write(`onlooker: the service at ${address} is not ready\n`);
      process.exitCode = EXIT_FAILED;
      return;
    } catch {
      // The other one, or none.
    }
  }
  process.stderr.write(`onlooker: no service answers at ${place}\n`);
  process.exitCode = EXIT_FAILED;
}

/** Where it listens on every address, this machine's own. */
function ownPlace({ host, port }: Settings): string {
  const name = ['0.0.0.0', '::', ''].includes(host) ? '127.0.0.1' : host;
  return `${isIPv6(name) ? `[${name}]` : name}:${port}`;
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
