// What `serve --lan` keeps going: this machine's own certificate, looked after while the service runs, since addresses change and
// certificates end.
import { join } from 'node:path';
import type { Logger } from '../logger.js';
import { CLOCK_SET_MS } from '../../pipeline/events/unix-time.js';
import { ensureLanCertificate, type LanCertificate } from './lan-certificate.js';
import { localNames } from './local-names.js';

/** Inside of the data folder. */
export const LAN_FOLDER = 'tls';
const LOOK_EVERY_MS = 60_000;

export interface LanAccessOptions {
  readonly dataDir: string;
  readonly log: Logger;
  readonly lookEveryMs?: number;
  /** By which names and addresses this machine is reached at present. */
  readonly names?: typeof localNames;
  readonly now?: () => number;
}

export class LanAccess {
  readonly #options: LanAccessOptions;
  #certificate: LanCertificate;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  private constructor(options: LanAccessOptions, certificate: LanCertificate) {
    this.#options = options;
    this.#certificate = certificate;
  }

  /** @throws Error when the files cannot be written */
  static async open(options: LanAccessOptions): Promise<LanAccess> {
    return new LanAccess(options, await ensured(options));
  }

  get certificate(): LanCertificate {
    return this.#certificate;
  }

  /** @param onRenewed told when the files hold another certificate */
  watch(onRenewed: () => Promise<void>): void {
    const { lookEveryMs = LOOK_EVERY_MS } = this.#options;
    this.#timer = setInterval(() => {
      this.#work = this.#work.then(() => this.#look(onRenewed));
    }, lookEveryMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#work;
  }

  async #look(onRenewed: () => Promise<void>): Promise<void> {
    try {
      this.#certificate = await ensured(this.#options);
      if (this.#certificate.isNew) await onRenewed();
    } catch (error) {
      this.#options.log.error({ err: error }, 'the certificate of this machine could not be renewed');
    }
  }
}

function ensured({ dataDir, names = localNames, now = Date.now }: LanAccessOptions): Promise<LanCertificate> {
  // At 1970, before the clock is set, one would be made that has ended long ago once it is.
  return ensureLanCertificate(join(dataDir, LAN_FOLDER), names(), Math.max(now(), CLOCK_SET_MS));
}
