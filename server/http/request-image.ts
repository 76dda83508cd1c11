// The image of a request: the raw body, or the field `file` of a multipart form. What it is, its bytes will tell.
import { OnlookerError } from '../../protocol/errors.js';
import type { Exchange } from './exchange.js';
import { isForm, requestForm } from './request-form.js';

const FIELD = 'file';

/** @throws OnlookerError TOO_LARGE, BAD_MESSAGE for a form without the field */
export async function requestImage(exchange: Exchange, maxFrameBytes: number): Promise<Uint8Array> {
  if (!isForm(exchange)) return exchange.body(maxFrameBytes);
  const image = (await requestForm(exchange, maxFrameBytes)).file(FIELD);
  if (image === undefined) throw new OnlookerError('BAD_MESSAGE', `The form has no field \`${FIELD}\` with an image.`);
  return image;
}
