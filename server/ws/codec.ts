// What both subprotocols have in common: bytes to a checked-for-form object, messages to bytes. What the fields mean
// is none of a codec's business.
import type { ServerMessage, Subprotocol } from '../../protocol/messages.js';
import { OnlookerError } from '../../protocol/errors.js';

/** A message as it came: a map with a string `t`; its fields are still unchecked. */
export type Fields = Readonly<Record<string, unknown>> & { readonly t: string };

/** A whole image by itself, for the connection's only stream; valid as long as the message is. */
export interface RawImage {
  readonly t?: never;
  readonly rawImage: Uint8Array;
}

export interface Codec {
  readonly subprotocol: Subprotocol;
  /**
   * @param message valid while it is handled: what is kept of it must be copied
   * @throws OnlookerError BAD_MESSAGE
   */
  decode(message: ArrayBuffer, isBinary: boolean): Fields | RawImage;
  /** The bytes of a `frame`'s image, valid as long as the message is. @throws OnlookerError BAD_MESSAGE */
  imageOf(field: unknown): Uint8Array;
  /** @returns what to send at once: the bytes may be used again by the next call */
  encode(message: ServerMessage): { readonly data: Uint8Array | string; readonly isBinary: boolean };
}

/** @throws OnlookerError BAD_MESSAGE unless the value is a map with a string `t` */
export function asFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OnlookerError('BAD_MESSAGE', 'A message is a map with a string `t`.');
  }
  if (!('t' in value) || typeof value.t !== 'string') throw new OnlookerError('BAD_MESSAGE', 'The message has no string `t`.');
  return value as Fields;
}
