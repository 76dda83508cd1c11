// Fields of forms as FastAPI takes them, and refuses them.
import { OnlookerError } from '../../protocol/errors.js';
import type { Exchange } from '../http/exchange.js';
import { isForm, requestForm, type RequestForm } from '../http/request-form.js';
import { FieldError } from './answers.js';

const TRUE = new Set(['1', 'true', 'on', 'yes', 't', 'y']);
const FALSE = new Set(['0', 'false', 'off', 'no', 'f', 'n']);

export class Form {
  readonly #form: RequestForm;

  private constructor(form: RequestForm) {
    this.#form = form;
  }

  /** To be called before anything is awaited. @throws OnlookerError UNSUPPORTED_MEDIA, BAD_MESSAGE, TOO_LARGE */
  static async of(exchange: Exchange, maxFileBytes: number): Promise<Form> {
    if (!isForm(exchange)) throw new OnlookerError('UNSUPPORTED_MEDIA', 'The body must be a form: multipart/form-data.');
    return new Form(await requestForm(exchange, maxFileBytes));
  }

  /** @throws FieldError where it is missing */
  file(name: string): Uint8Array {
    const found = this.#form.file(name);
    if (found === undefined) throw new FieldError(name, 'Field required', 'missing');
    return found;
  }

  /** Undefined where it is missing, or empty. */
  text(name: string): string | undefined {
    const text = this.#form.text(name)?.trim() ?? '';
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

  /** As FastAPI reads a flag. @param query where it may stand too @throws FieldError */
  flag(name: string, query?: URLSearchParams): boolean {
    const text = (this.text(name) ?? query?.get(name)?.trim() ?? '').toLowerCase();
    if (text === '' || FALSE.has(text)) return false;
    if (TRUE.has(text)) return true;
    throw new FieldError(name, 'Input should be a valid boolean, unable to interpret input');
  }
}
