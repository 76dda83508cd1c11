// The kinds of settings that there are: each takes what stands in the environment and in the file alike, and keeps what is told of
// it. It knows no single setting.
import { z } from 'zod';

/** What the documentation and the messages say about a setting. */
export interface SettingNotes {
  readonly meaning: string;
  readonly unit?: string;
  /** What a value may be, in words: completes "must be …". */
  readonly expects: string;
  /** The default in words, where it is not the same on every machine. */
  readonly defaultText?: string;
  /** Never printed. */
  readonly secret?: true;
}

export const notes = z.registry<SettingNotes>();
type Told = Omit<SettingNotes, 'expects'>;

// The environment holds text alone, so text is turned into the type that the setting has.
const fromText = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text === '' ? undefined : Number(text);
};

export function integer(least: number, most: number, standard: number, told: Told) {
  const range = most === Number.MAX_SAFE_INTEGER ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`;
  return z
    .preprocess(fromText, z.int().min(least).max(most))
    .default(standard)
    .register(notes, { ...told, expects: range });
}

export function decimal(least: number, most: number, standard: number, told: Told) {
  const expects = `a number from ${least} to ${most}`;
  return z
    .preprocess(fromText, z.number().min(least).max(most))
    .default(standard)
    .register(notes, { ...told, expects });
}

export function optionalDecimal(least: number, most: number, told: Told) {
  const expects = `a number from ${least} to ${most}`;
  return z
    .preprocess(fromText, z.number().min(least).max(most))
    .optional()
    .register(notes, { ...told, expects });
}

export function optionalText(told: Told & { readonly expects: string }) {
  return z.string().min(1).optional().register(notes, told);
}

export function optionalSecret(pattern: RegExp, told: Told & { readonly expects: string }) {
  return z
    .string()
    .regex(pattern)
    .optional()
    .register(notes, { ...told, secret: true });
}

export function integerOrAuto(least: number, most: number, told: Told) {
  const parse = (value: unknown): unknown => (value === 'auto' ? value : fromText(value));
  return z
    .preprocess(parse, z.union([z.literal('auto'), z.int().min(least).max(most)]))
    .default('auto')
    .register(notes, { ...told, expects: `auto or an integer from ${least} to ${most}` });
}

export function choice<const T extends readonly string[]>(choices: T, standard: T[number], told: Told) {
  return z
    .enum(choices)
    .default(standard as z.util.NoUndefined<T[number]>)
    .register(notes, { ...told, expects: `one of ${choices.join(', ')}` });
}

export function flag(standard: boolean, told: Told) {
  const words: Readonly<Record<string, boolean>> = { '1': true, true: true, yes: true, '0': false, false: false, no: false };
  const parse = (value: unknown): unknown => (typeof value === 'string' ? words[value.toLowerCase()] : value);
  return z
    .preprocess(parse, z.boolean())
    .default(standard)
    .register(notes, { ...told, expects: 'true or false' });
}

export function text(standard: string, told: Told & { readonly expects?: string }) {
  return z
    .string()
    .min(1)
    .default(standard)
    .register(notes, { expects: 'a text', ...told });
}

const COMMAS_OR_SPACES = /[\s,]+/;
/** What parts entries that may hold spaces. */
export const COMMAS = /\s*,\s*/;

const parted =
  (between: RegExp) =>
  (value: unknown): unknown =>
    typeof value === 'string'
      ? value
          .trim()
          .split(between)
          .filter((part) => part !== '')
      : value;

/** As `list`, of names that are known; `none` is none of them. */
export function choices<const T extends readonly string[]>(names: T, told: Told) {
  const parse = (value: unknown): unknown => {
    const found = parted(COMMAS_OR_SPACES)(value);
    if (!Array.isArray(found)) return found;
    return found.length === 1 && found[0] === 'none' ? [] : [...new Set<unknown>(found)];
  };
  return z
    .preprocess(parse, z.array(z.enum(names)).readonly())
    .default([])
    .register(notes, { defaultText: 'none', expects: `none, or any of ${names.join(', ')}`, ...told });
}

/** In the environment and the file a text with commas or spaces between; in the file a list of texts too. */
export function list(pattern: RegExp, told: Told & { readonly expects: string }, between = COMMAS_OR_SPACES) {
  return z
    .preprocess(parted(between), z.array(z.string().regex(pattern)).readonly())
    .default([])
    .register(notes, { defaultText: 'none', ...told });
}

/**
 * A text that is kept as what `parse` makes of it: its one spelling, or what it means, whose `toString` is then how it is shown.
 * Undefined from it, or a throw, is a wrong value.
 */
export function parsed<T>(standard: string, parse: (text: string) => T | undefined, told: Told & { readonly expects: string }) {
  return z
    .string()
    .transform((text, context) => {
      try {
        const found = parse(text);
        if (found !== undefined) return found;
      } catch {
        // What it expects is said by its notes.
      }
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    })
    .prefault(standard)
    .register(notes, told);
}
