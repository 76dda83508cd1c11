// The id under which a camera of this page is a stream, for whoever is signed in.
import { allowedStream } from './allowed-stream.js';
import { currentPrincipal } from './session.js';

/** Fields of `open` for whoever is signed in; none where any id will do. */
export function ownStream(): { readonly stream?: string } {
  const stream = allowedStream(currentPrincipal()?.streams ?? [], randomLetters());
  return stream === undefined ? {} : { stream };
}

function randomLetters(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
