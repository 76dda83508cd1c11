// A certification authority of this machine alone, and certificates by it. Whoever trusts it trusts it for this machine's names
// only: it may sign for no other, so that a stolen key opens nothing else.
// What @peculiar/x509 is built with wants it there first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName, GeneralSubtree, GeneralSubtrees, id_ce_nameConstraints, NameConstraints } from '@peculiar/asn1-x509';

export interface KeyedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

const MAX_COMMON_NAME = 64;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Clocks in a house differ. */
const BACKDATED_MS = DAY_MS;
const CA_DAYS = 3650;
/** Phones take no more than 825 days; it is renewed by itself long before. */
const SERVER_DAYS = 180;

/** @param names DNS names that it may sign for, with what is below them; addresses are not limited */
export async function makeAuthority(label: string, names: readonly string[], nowMs: number): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const subtrees = names.map((name) => new GeneralSubtree({ base: new GeneralName({ dNSName: name }) }));
  const constraints = new NameConstraints({ permittedSubtrees: new GeneralSubtrees(subtrees) });
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`Onlooker on ${label}`.slice(0, MAX_COMMON_NAME)] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + CA_DAYS * DAY_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      new Extension(id_ce_nameConstraints, true, AsnConvert.serialize(constraints)),
    ],
  });
  return keyed(certificate, keys);
}

/** A certificate for these names and addresses, and a key of its own. */
export async function makeServerCertificate(
  authority: KeyedCertificate,
  names: readonly string[],
  addresses: readonly string[],
  nowMs: number,
): Promise<KeyedCertificate> {
  const issuer = new X509Certificate(authority.certPem);
  const [der] = PemConverter.decode(authority.keyPem);
  if (der === undefined) throw new Error('the key of the local authority cannot be read');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [(names[0] ?? 'localhost').slice(0, MAX_COMMON_NAME)] }],
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(Math.min(nowMs + SERVER_DAYS * DAY_MS, issuer.notAfter.getTime())),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.filter((value) => isIP(value) !== 0).map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  });
  return keyed(certificate, keys);
}

async function keyed(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<KeyedCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certPem: `${certificate.toString('pem')}\n`, keyPem: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
}

/** DNS names that an authority may sign for, with what is below them. */
export function namesPermittedBy(authorityPem: string): readonly string[] {
  const extension = new X509Certificate(authorityPem).getExtension(id_ce_nameConstraints);
  if (!extension) return [];
  const { permittedSubtrees = [] } = AsnConvert.parse(extension.value, NameConstraints);
  return [...permittedSubtrees].flatMap(({ base }) => base.dNSName ?? []);
}
