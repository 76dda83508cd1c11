// A certificate and its key as files: read, and checked as far as that can be done before they are served with.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate extends CertificateFiles {
  readonly notAfterMs: number;
  /** Of the server's own certificate and those that came with it: another text is another certificate. */
  readonly identity: string;
}

/** Keys with a password, in PKCS #8 and as OpenSSL wrote them before. */
const ENCRYPTED = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/;

/** The pair cannot be used; the message is one line that says why. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/** @throws CertificateError */
export async function readCertificate({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const certificates = certificatesIn(await textOf(certFile, 'certificate'), certFile);
  const [own] = certificates;
  if (own === undefined) throw new CertificateError(`${certFile} holds no certificate in PEM`);
  const key = keyIn(await textOf(keyFile, 'key'), keyFile);
  if (!own.checkPrivateKey(key))
    throw new CertificateError(`the key in ${keyFile} does not belong to the certificate in ${certFile}`);
  const identity = certificates.map(({ fingerprint256 }) => fingerprint256).join(' ');
  return { certFile, keyFile, notAfterMs: Date.parse(own.validTo), identity };
}

async function textOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new CertificateError(`the ${what} ${file} cannot be read (${reason})`, { cause: error });
  }
}

function certificatesIn(pem: string, file: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new CertificateError(`${file} holds a certificate that cannot be read`, { cause: error });
  }
}

function keyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const why = ENCRYPTED.test(pem)
      ? 'is protected by a password, which the service does not ask for'
      : 'holds no private key in PEM';
    throw new CertificateError(`${file} ${why}`, { cause: error });
  }
}
