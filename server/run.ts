// The service as a process: starts it, ends it on SIGTERM or SIGINT, and leaves with an exit code that scripts can
// trust: 0 after a drain, 1 when that took too long or the service could not start, 2 for a wrong configuration.
import './head-size.js';
import { afterRunning } from '../pipeline/threads/running-time.js';
import { loadConfig, type SettingOptions } from './config.js';
import { compatNamed, environmentWith } from './compat/compat-environment.js';
import type { GivenParts } from './given-parts.js';
import { announce } from './lan/announcement.js';
import { forLan } from './lan/lan-config.js';
import { createLogger } from './logger.js';
import { Service } from './service.js';
import { VERSION } from './version.js';

/** Where stdout is kept, stderr mostly is too: a journal, the log of a container. */
const NO_TERMINAL = { isTTY: false, write: (text: string) => process.stderr.write(text) };

export interface RunOptions {
  /** Serves this machine's networks, with a certificate of its own. */
  readonly isLan: boolean;
  /** Given on the command line. */
  readonly settings: SettingOptions;
  /** Another service that this one stands in for. */
  readonly compat?: string;
}

/** Runs until it is told to stop; then the process ends. @throws when the service cannot start */
export async function run(given: GivenParts, { isLan, settings: options, compat: name }: RunOptions): Promise<void> {
  const compat = await compatNamed(name);
  const loaded = loadConfig(options, environmentWith(compat));
  const config = isLan ? forLan(loaded) : loaded;
  const { settings, file, notes } = config;
  const log = await createLogger(settings.logLevel);
  log.info({ version: VERSION }, 'starting');
  for (const note of notes) log.warn(note);
  if (file !== null) log.info({ file }, 'configuration file read');
  const service = await Service.listen(config, log, given, {
    isLan,
    makesFirstKey: isLan && process.stdout.isTTY,
    compat,
  });
  // Where stdout is no terminal it is a log, and no place for this.
  if (isLan) announce(service.announced, service.firstAccess, process.stdout.isTTY ? process.stdout : NO_TERMINAL);
  let stopping = false;

  const stop = (signal: NodeJS.Signals): void => {
    // A second signal changes nothing: the drain is bounded as it is.
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'draining');
    afterRunning(settings.drainTimeoutMs, () => {
      log.error({ timeoutMs: settings.drainTimeoutMs }, 'draining took too long; leaving what is in hand');
      process.exit(1);
    });
    service.stop().then(
      () => {
        log.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'the shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Only then: otherwise it is the terminal that has gone.
  if (service.hasCertificateFiles) process.on('SIGHUP', () => void service.reloadCertificate());
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody listened'));

  try {
    await service.load();
    // Whoever sits there looks for the one address; a log has it in its own lines.
    if (process.stdout.isTTY) process.stdout.write(`\nOnlooker is ready: open ${service.url}/\n\n`);
  } catch (error) {
    if (stopping) return;
    await service.stop();
    throw error;
  }
}
