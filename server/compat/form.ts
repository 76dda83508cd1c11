// Forms as FastAPI takes them: fields and files of a multipart body, refused as it refuses them.
import { getParts } from 'uWebSockets.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Exchange } from '../http/exchange.js';
import { FieldError } from './answers.js';

/** Room for the boundaries and the other fields of a form. */
const FORM_OVERHEAD_BYTES = 64 * 1024;
const TRUE = new Set(['1', 'true', 'on', 'yes', 't', 'y']);
const FALSE = new Set(['0', 'false', 'off', 'no', 'f', 'n']);

export class Form {
  readonly #parts: ReadonlyMap<string, Uint8Array>;

  private constructor(parts: ReadonlyMap<string, Uint8Array>) {
    this.#parts = parts;
  }

  /** @throws OnlookerError UNSUPPORTED_MEDIA, BAD_MESSAGE, TOO_LARGE */
  static async of(exchange: Exchange, maxFileBytes: number): Promise<Form> {
    const { contentType } = exchange;
    if (!/^multipart\/form-data/i.test(contentType)) {
      throw new OnlookerError('UNSUPPORTED_MEDIA', 'The body must be a form: multipart/form-data.');
    }
    const parts = getParts(await exchange.body(maxFileBytes + FORM_OVERHEAD_BYTES), contentType);
    if (parts === undefined) throw new OnlookerError('BAD_MESSAGE', 'The form cannot be read.');
    return new Form(new Map(parts.map(({ name, data }) => [name, new Uint8Array(data.slice(0))])));
  }

  /** @throws FieldError where it is missing */
  file(name: string): Uint8Array {
    const found = this.#parts.get(name);
    if (found === undefined) throw new FieldError(name, 'Field required', 'missing');
    return found;
  }

  /** Undefined where it is missing, or empty. */
  text(name: string): string | undefined {
    const found = this.#parts.get(name);
    const text = found === undefined ? '' : new TextDecoder().decode(found).trim();
    return text === '' ? undefined : text;
  }

  /** @throws FieldError */
  integer(name: string, standard: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return standard;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new FieldError(name, `Input should be a whole number from ${least} to ${most}`);
  }

  /** As FastAPI reads a flag. @throws FieldError */
  flag(name: string): boolean {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined || FALSE.has(text)) return false;
    if (TRUE.has(text)) return true;
    throw new FieldError(name, 'Input should be a valid boolean, unable to interpret input');
  }
}
