// A multipart form of a request: bounded in bytes by its caller, in fields here. What a file is, its bytes will tell.
import { getParts } from 'uWebSockets.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Exchange } from './exchange.js';

/** Room for the boundaries and the other fields of a form. */
const FORM_OVERHEAD_BYTES = 64 * 1024;
/** Far more than any form here has. */
const MOST_PARTS = 64;
const MULTIPART = /^multipart\/form-data/i;

export interface RequestForm {
  /** A copy of the field's bytes; undefined where there is none. @throws OnlookerError TOO_LARGE */
  file(name: string): Uint8Array | undefined;
  /** The field as UTF-8; undefined where there is none. */
  text(name: string): string | undefined;
}

export function isForm({ contentType }: Pick<Exchange, 'contentType'>): boolean {
  return MULTIPART.test(contentType);
}

/**
 * The form that the body holds; a body of another type is a form without fields. To be called before anything is awaited.
 * @param maxFileBytes of each file @throws OnlookerError TOO_LARGE, BAD_MESSAGE
 */
export async function requestForm(exchange: Exchange, maxFileBytes: number): Promise<RequestForm> {
  const body = await exchange.body(maxFileBytes + FORM_OVERHEAD_BYTES);
  const parts = isForm(exchange) ? partsOf(body, exchange.contentType) : [];
  const dataOf = (name: string): ArrayBuffer | undefined => parts.find((part) => part.name === name)?.data;
  return {
    file: (name) => {
      const data = dataOf(name);
      if (data === undefined) return undefined;
      if (data.byteLength > maxFileBytes) throw new OnlookerError('TOO_LARGE', `The image has more than ${maxFileBytes} bytes.`);
      return new Uint8Array(data.slice(0));
    },
    text: (name) => {
      const data = dataOf(name);
      return data === undefined ? undefined : new TextDecoder().decode(data);
    },
  };
}

function partsOf(body: Uint8Array, contentType: string) {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  const name = quoted ?? plain;
  if (name === undefined) return [];
  const boundary = `--${name}`;
  // Counted first: of millions of empty fields each would become an object.
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let count = 0;
  for (let at = bytes.indexOf(boundary); at !== -1; at = bytes.indexOf(boundary, at + boundary.length)) {
    if (++count > MOST_PARTS + 1) throw new OnlookerError('BAD_MESSAGE', `The form has more than ${MOST_PARTS} fields.`);
  }
  // Written anew: uWebSockets.js takes the boundary in this one spelling, .NET has quotes around it and others name a charset.
  return getParts(body, `multipart/form-data; boundary=${name}`) ?? [];
}
