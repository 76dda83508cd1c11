// An address that a user edited as it was shown to them, with `***` in place of its secrets, gets the kept ones back: but
// only where they would go to the same host, under the same user, as before. Otherwise whoever may edit a stream, and not
// know its password, could have it sent to a host of their own.
import { OnlookerError } from '../../protocol/errors.js';
import { redacted } from '../sources/source-address.js';

/** Credentials, or the password of some, that are hidden. */
const HIDDEN_CREDENTIALS = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*:)?\*\*\*@/i;
/** A parameter in the path or the query whose value is hidden. */
const HIDDEN_PARAMETER = /([^=?&;/#]+=)\*\*\*(?=[?&;/#]|$)/;

/** Scheme, credentials, host and port; and all that follows. */
function parts(url: string): { readonly origin: string; readonly rest: string } {
  const end = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0].length ?? 0;
  return { origin: url.slice(0, end), rest: url.slice(end) };
}

/**
 * @param url as a client gave it @param kept the address that is registered, with its secrets; none for a new stream
 * @returns the address with secrets where they were hidden
 * @throws OnlookerError BAD_MESSAGE where a `***` stands for a secret that is not known or must not go there
 */
export function withSecrets(url: string, kept?: string): string {
  if (!HIDDEN_CREDENTIALS.test(url) && !HIDDEN_PARAMETER.test(url)) return url;
  if (kept === undefined) throw unknownSecret();
  const asked = parts(url);
  const known = parts(kept);
  // Hidden or not: the same scheme, user, host and port, to the letter.
  if (asked.origin !== parts(redacted(kept)).origin && asked.origin !== known.origin) throw unknownSecret();
  const values = secretsOf(known.rest);
  const rest = asked.rest.replace(new RegExp(HIDDEN_PARAMETER, 'g'), (_, name: string) => {
    const value = values.get(name)?.shift();
    if (value === undefined) throw unknownSecret();
    return name + value;
  });
  const restored = known.origin + rest;
  // What was put in must be hidden again where the address is shown.
  if (redacted(restored) !== redacted(url)) throw unknownSecret();
  return restored;
}

/** Values of parameters by their name and `=`, in their order. */
function secretsOf(rest: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [, name = '', value = ''] of rest.matchAll(/([^=?&;/#]+=)([^?&;/#]*)/g)) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

function unknownSecret(): OnlookerError {
  return new OnlookerError(
    'BAD_MESSAGE',
    'url: *** stands for a password that is kept only while scheme, user, host and port stay the same: give the password.',
  );
}
