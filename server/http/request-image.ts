// The image of a request: the raw body, or the field `file` of a multipart form. What it is, its bytes will tell.
import { getParts } from 'uWebSockets.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Exchange } from './exchange.js';

const FIELD = 'file';
/** Room for the boundaries and the other fields of a form. */
const FORM_OVERHEAD_BYTES = 64 * 1024;

/** @throws OnlookerError TOO_LARGE, BAD_MESSAGE for a form without the field */
export async function requestImage(exchange: Exchange, maxFrameBytes: number): Promise<Uint8Array> {
  const { contentType } = exchange;
  if (!/^multipart\/form-data/i.test(contentType)) return exchange.body(maxFrameBytes);
  const form = await exchange.body(maxFrameBytes + FORM_OVERHEAD_BYTES);
  const part = getParts(form, contentType)?.find(({ name }) => name === FIELD);
  if (part === undefined) throw new OnlookerError('BAD_MESSAGE', `The form has no field \`${FIELD}\` with an image.`);
  if (part.data.byteLength > maxFrameBytes)
    throw new OnlookerError('TOO_LARGE', `The image has more than ${maxFrameBytes} bytes.`);
  return new Uint8Array(part.data.slice(0));
}
