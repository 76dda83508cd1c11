// Keeps the certificate that is served up to date with its files, and tells when it is about to end. Whatever is wrong with new
// files, the certificate that is served stays.
import { stat } from 'node:fs/promises';
import { messageOf } from '../../protocol/errors.js';
import type { Logger } from '../logger.js';
import { readCertificate, type Certificate } from './certificate.js';

/** Files are looked at so often; a change is acted on once they have stayed the same for as long, since two files change one by one. */
const LOOK_EVERY_MS = 2000;
const DAY_MS = 86_400_000;
const WARN_AHEAD_MS = 14 * DAY_MS;

export interface CertificateWatchOptions {
  readonly current: Certificate;
  /** Serves with it from now on. @throws when that cannot be done; then nothing has changed */
  readonly use: (certificate: Certificate) => void;
  readonly onReload: (outcome: 'ok' | 'refused') => void;
  readonly log: Logger;
  readonly lookEveryMs?: number;
  readonly now?: () => number;
}

export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #current: Certificate;
  #actedOn: string | null = null;
  #seen: string | null = null;
  #warnedMs = -Infinity;
  #work: Promise<void> = Promise.resolve();

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    this.#current = options.current;
    this.#now = options.now ?? Date.now;
    this.#timer = setInterval(() => void this.#then(() => this.#look()), options.lookEveryMs ?? LOOK_EVERY_MS).unref();
    void this.#then(() => this.#look());
  }

  get current(): Certificate {
    return this.#current;
  }

  /** Reads the files now, changed or not. */
  reload(): Promise<void> {
    return this.#then(() => this.#reload());
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#work;
  }

  /** One after the other. */
  #then(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'the certificate could not be looked after');
    });
    return this.#work;
  }

  async #look(): Promise<void> {
    const { certFile, keyFile } = this.#current;
    const seen = `${await stateOf(certFile)} ${await stateOf(keyFile)}`;
    const isStable = seen === this.#seen;
    this.#seen = seen;
    // At first the files are as they were when the service started, or have changed since: that costs one reading.
    if (this.#actedOn !== seen && isStable) {
      this.#actedOn = seen;
      await this.#reload();
    }
    this.#warn();
  }

  async #reload(): Promise<void> {
    const { use, onReload, log } = this.#options;
    try {
      const read = await readCertificate(this.#current);
      if (read.identity === this.#current.identity) return;
      use(read);
      this.#current = read;
      this.#warnedMs = -Infinity;
      onReload('ok');
      log.info({ validUntil: new Date(read.notAfterMs).toISOString() }, 'the new certificate is served');
    } catch (error) {
      onReload('refused');
      const reason = messageOf(error);
      log.error({ reason }, 'the new certificate cannot be used; the one before is still served');
    }
    this.#warn();
  }

  #warn(): void {
    const now = this.#now();
    const { notAfterMs, certFile } = this.#current;
    if (notAfterMs - now > WARN_AHEAD_MS || Math.abs(now - this.#warnedMs) < DAY_MS) return;
    this.#warnedMs = now;
    const told = { file: certFile, validUntil: new Date(notAfterMs).toISOString() };
    this.#options.log.warn(told, notAfterMs < now ? 'the certificate has ended' : 'the certificate ends soon');
  }
}

/** What changes with a file, links on the way to it included. */
async function stateOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return 'gone';
  }
}
