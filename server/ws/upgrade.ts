// What a connection asks for while it is set up: subprotocol and query shortcuts. Whatever is wrong is refused with
// HTTP before there is a WebSocket.
import { OnlookerError } from '../../protocol/errors.js';
import { SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK, SUBPROTOCOLS, type Subprotocol } from '../../protocol/messages.js';
import type { Codec } from './codec.js';
import { jsonCodec } from './json-codec.js';
import { msgpackCodec } from './msgpack-codec.js';

const CODECS: Readonly<Record<Subprotocol, Codec>> = { [SUBPROTOCOL_MSGPACK]: msgpackCodec, [SUBPROTOCOL_JSON]: jsonCodec };

export interface ChosenProtocol {
  readonly codec: Codec;
  /** What to answer; empty when the client offered none. */
  readonly accepted: Subprotocol | '';
}

/**
 * The first of the client's subprotocols that is known; msgpack for a client that offers none. Names like `bearer.…`
 * that carry a key beside a real one are passed over.
 * @param header `Sec-WebSocket-Protocol`, empty where there was none
 * @throws OnlookerError BAD_MESSAGE when only unknown ones are offered
 */
export function chooseProtocol(header: string): ChosenProtocol {
  const offered = header.split(',').flatMap((name) => name.trim() || []);
  if (offered.length === 0) return { codec: msgpackCodec, accepted: '' };
  for (const name of offered) {
    const known = SUBPROTOCOLS.find((subprotocol) => subprotocol === name);
    if (known !== undefined) return { codec: CODECS[known], accepted: known };
  }
  throw new OnlookerError('BAD_MESSAGE', `None of the subprotocols offered is known; there are ${SUBPROTOCOLS.join(' and ')}.`);
}
