// The certificate that the service is served with, if it is: the one that is configured, or this machine's own (`--lan`). Looked
// after from the start to the end.
import { ConfigError } from '../config.js';
import { LanAccess } from '../lan/lan-access.js';
import type { Logger } from '../logger.js';
import type { Settings } from '../settings.js';
import { StartError } from '../start-error.js';
import { CertificateError, readCertificate, type Certificate, type CertificateFiles } from './certificate.js';
import { CertificateWatch, type CertificateWatchOptions } from './certificate-watch.js';

export type CertificateSource = 'files' | 'lan';

export class ServingCertificate {
  readonly source: CertificateSource;
  /** This machine's own authority, where the certificate is by it. */
  readonly lan: LanAccess | null;
  readonly #log: Logger;
  readonly #first: Certificate;
  #watch: CertificateWatch | null = null;

  private constructor(first: Certificate, lan: LanAccess | null, log: Logger) {
    this.#first = first;
    this.lan = lan;
    this.source = lan === null ? 'files' : 'lan';
    this.#log = log;
  }

  /**
   * @param isLan whether a certificate is to be made where none is configured
   * @returns null where the service speaks plain HTTP
   * @throws ConfigError · StartError, each with the one line to show
   */
  static async prepare(settings: Settings, isLan: boolean, log: Logger): Promise<ServingCertificate | null> {
    const configured = configuredFiles(settings);
    if (configured === null && !isLan) return null;
    try {
      const lan = configured === null ? await LanAccess.open({ dataDir: settings.dataDir, log }) : null;
      return new ServingCertificate(await readCertificate(configured ?? lan?.certificate ?? NO_FILES), lan, log);
    } catch (error) {
      if (error instanceof CertificateError) throw new StartError(error.message, { cause: error });
      throw error;
    }
  }

  get current(): Certificate {
    return this.#watch?.current ?? this.#first;
  }

  /** Serves with what the files come to hold. */
  follow({ use, onReload }: Pick<CertificateWatchOptions, 'use' | 'onReload'>): void {
    const watch = new CertificateWatch({ current: this.#first, use, onReload, log: this.#log });
    this.#watch = watch;
    this.lan?.watch(() => watch.reload());
  }

  /** Reads the files now, changed or not. */
  async reload(): Promise<void> {
    await this.#watch?.reload();
  }

  async close(): Promise<void> {
    await this.lan?.close();
    await this.#watch?.close();
  }
}

const NO_FILES: CertificateFiles = { certFile: '', keyFile: '' };

function configuredFiles({ tlsCert, tlsKey }: Settings): CertificateFiles | null {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined) throw new ConfigError('ONLOOKER_TLS_KEY is set, but ONLOOKER_TLS_CERT is not');
  if (tlsKey === undefined) throw new ConfigError('ONLOOKER_TLS_CERT is set, but ONLOOKER_TLS_KEY is not');
  return { certFile: tlsCert, keyFile: tlsKey };
}
