// The local authority and its certificate as files in the data folder: made at the first start, renewed before they end and when
// this machine is reached in a new way. Its keys are for the owner's eyes alone.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { canonicalAddress } from '../../protocol/addresses.js';
import type { CertificateFiles } from '../tls/certificate.js';
import { makeFolder } from '../../models/make-folder.js';
import type { LocalNames } from './local-names.js';
import type { KeyedCertificate } from './local-ca.js';

const DAY_MS = 86_400_000;
const OWNER_ALONE = 0o600;
const RENEW_AHEAD_MS = 30 * DAY_MS;
/** What an authority may sign for beside the machine's own names: names that are of the local network by their kind. */
const LOCAL_NAMES = ['local', 'localhost'];

export interface LanCertificate extends CertificateFiles {
  /** The authority's, as phones take it (DER). */
  readonly authority: Uint8Array;
  /** SHA-256 of it, as phones show it. */
  readonly fingerprint: string;
  /** Names and addresses that it holds. */
  readonly names: LocalNames;
  readonly isNew: boolean;
}

/** Makes what is missing, has ended or will soon, and what lacks one of these names or addresses. */
export async function ensureLanCertificate(folder: string, wanted: LocalNames, nowMs: number): Promise<LanCertificate> {
  makeFolder(folder, 0o700);
  await chmod(folder, 0o700);
  const ca = await ensureAuthority(folder, wanted, nowMs);
  const authority = new X509Certificate(ca.certPem);
  // An authority that was made under another name of the machine cannot sign for the new one.
  const permitted = await permittedNames(ca.certPem);
  const names = {
    names: wanted.names.filter((name) => permitted.some((base) => name === base || name.endsWith(`.${base}`))),
    addresses: wanted.addresses,
  };
  const files = { certFile: join(folder, 'server.crt'), keyFile: join(folder, 'server.key') };
  const kept = await readPair(files);
  const isGood = kept !== null && isSignedBy(kept, authority) && isValid(kept.certPem, nowMs) && holds(kept.certPem, names);
  if (!isGood) {
    const { makeServerCertificate } = await import('./local-ca.js');
    await writePair(files, await makeServerCertificate(ca, names.names, names.addresses, nowMs));
  }
  return { ...files, authority: authority.raw, fingerprint: authority.fingerprint256, names, isNew: !isGood };
}

async function ensureAuthority(folder: string, { names }: LocalNames, nowMs: number): Promise<KeyedCertificate> {
  const files = { certFile: join(folder, 'ca.crt'), keyFile: join(folder, 'ca.key') };
  const kept = await readPair(files);
  if (kept !== null && isValid(kept.certPem, nowMs)) return kept;
  const { makeAuthority } = await import('./local-ca.js');
  const made = await makeAuthority(names[0] ?? 'this machine', [...new Set([...names, ...LOCAL_NAMES])], nowMs);
  await writePair(files, made);
  return made;
}

/** Null when it is not there, or the two do not belong together, as after a start that was cut short. */
async function readPair({ certFile, keyFile }: CertificateFiles): Promise<KeyedCertificate | null> {
  try {
    const [certPem, keyPem] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    return new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem)) ? { certPem, keyPem } : null;
  } catch {
    return null;
  }
}

async function writePair({ certFile, keyFile }: CertificateFiles, { certPem, keyPem }: KeyedCertificate): Promise<void> {
  await writeFileAtomic(keyFile, keyPem, { mode: OWNER_ALONE });
  await writeFileAtomic(certFile, certPem, { mode: OWNER_ALONE });
}

function isValid(pem: string, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(pem);
  return Date.parse(validFrom) <= nowMs && nowMs < Date.parse(validTo) - RENEW_AHEAD_MS;
}

function isSignedBy({ certPem }: KeyedCertificate, authority: X509Certificate): boolean {
  return new X509Certificate(certPem).verify(authority.publicKey);
}

/** More than is wanted does no harm: addresses come and go. */
function holds(pem: string, { names, addresses }: LocalNames): boolean {
  const alternatives = (new X509Certificate(pem).subjectAltName ?? '').split(', ');
  const held = new Set(
    alternatives.map((entry) => {
      const value = entry.slice(entry.indexOf(':') + 1);
      return isIP(value) === 0 ? value : canonicalAddress(value);
    }),
  );
  return [...names, ...addresses].every((wanted) => held.has(wanted));
}

async function permittedNames(caPem: string): Promise<readonly string[]> {
  const { namesPermittedBy } = await import('./local-ca.js');
  return namesPermittedBy(caPem);
}
