// Why a service could not be reached, in words that say what to do: what Node tells as a code, and browsers not at all.
import { CertificateError, ConnectionError, SchemeError } from './errors.js';
import { speaksTls } from './spoken-scheme.js';

const UNTRUSTED = 'nobody whom this machine trusts has signed its certificate; give the certificate of its authority';
const CERTIFICATE_PROBLEMS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired; it needs a new one, or the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; the clock of this machine or of the other one is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; use the name that stands in the certificate',
};
/** What OpenSSL says to a service that speaks plain HTTP. */
const NO_TLS: ReadonlySet<string> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO']);
/** Of a connection that was closed before anything came that can be read: what a port with TLS does to whoever speaks plain HTTP. */
const CLOSED_UNANSWERED = /^(UND_ERR_SOCKET|ECONNRESET|ECONNABORTED|EPIPE|HPE_.*)$/;
/** By the message that Node's fetch has for it. */
const HINTS: Readonly<Record<string, string>> = {
  'unexpected redirect': 'it answers with a redirect, which no key is sent along; use the address that it leads to',
};

/**
 * @param shown the address, without secrets
 * @param cause what the platform threw or said, as far as it said anything
 */
export async function unreachable(shown: string, cause: unknown): Promise<ConnectionError> {
  const { code, message } = told(cause);
  const problem = code === undefined ? undefined : CERTIFICATE_PROBLEMS[code];
  if (problem !== undefined) {
    const isUnknownHere = problem === UNTRUSTED;
    return new CertificateError(`the service at ${shown} is not trusted: ${problem} (${code})`, isUnknownHere, { cause });
  }
  if (code !== undefined) {
    const isPlain = shown.startsWith('http:');
    const other = shown.replace(/^https?/, isPlain ? 'https' : 'http');
    if (!isPlain && NO_TLS.has(code)) {
      return new SchemeError(`the port of ${shown} speaks no TLS: use ${other} (or ws instead of wss)`, { cause });
    }
    if (isPlain && CLOSED_UNANSWERED.test(code) && (await speaksTls(shown))) {
      return new SchemeError(`the port of ${shown} speaks TLS: use ${other} (or wss instead of ws)`, { cause });
    }
  }
  const said = code ?? HINTS[message ?? ''] ?? message;
  return new ConnectionError(`no service at ${shown}${said === undefined || said === '' ? '' : `: ${said}`}`, { cause });
}

/** Undici hides the cause one level down, and of several addresses that were tried in an array. */
function told(error: unknown): { readonly code: string | undefined; readonly message: string | undefined } {
  let { code, message } = fieldsOf(error);
  for (let cause = fieldsOf(error).cause, depth = 0; cause !== undefined && depth < 4; depth += 1) {
    const inner = fieldsOf(cause);
    code = inner.code ?? code;
    message = inner.message !== undefined && inner.message !== '' ? inner.message : message;
    cause = inner.cause;
  }
  return { code, message };
}

function fieldsOf(error: unknown): { readonly code?: string; readonly message?: string; readonly cause?: unknown } {
  if (typeof error !== 'object' || error === null) return {};
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}
