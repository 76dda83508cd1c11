// What was chosen of models: which version of each is in use, which is being tried, what aliases stand for. Pure, and kept as a file.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LATEST } from '../../models/served/model-folders.js';
import { OnlookerError } from '../../protocol/errors.js';

const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/, 'letters, digits and . _ + - are, not beginning with a sign');
/** A name, `name@version`, or an alias. */
export const referenceSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}(@[A-Za-z0-9][A-Za-z0-9._+-]{0,99})?$/, 'expected a name, name@version or an alias');

const choiceSchema = z.object({
  /** Absent: the highest version is. */
  in_use: nameSchema.optional(),
  previous: nameSchema.optional(),
  canary: z.object({ version: nameSchema, share: z.number().min(0).max(1) }).optional(),
});
export type ModelChoice = Readonly<z.infer<typeof choiceSchema>>;

export const choicesSchema = z
  .object({
    version: z.literal(1),
    models: z.record(nameSchema, choiceSchema),
    aliases: z.record(referenceSchema, referenceSchema),
  })
  .superRefine(({ aliases }, context) => {
    for (const alias of Object.keys(aliases)) {
      const circle = circleFrom(aliases, alias);
      if (circle !== null)
        context.addIssue({ code: 'custom', path: ['aliases', alias], message: `it goes in a circle: ${circle}` });
    }
  });
export type ModelChoices = Readonly<z.infer<typeof choicesSchema>>;

export const NO_CHOICES: ModelChoices = { version: 1, models: {}, aliases: {} };
const MOST_ALIASES = 1000;

/** What a reference stands for in the end: a name, or `name@version`. */
export function unaliased(aliases: ModelChoices['aliases'], reference: string): string {
  let found = reference;
  // Bounded, although the file was checked for circles.
  for (let steps = 0; steps <= MOST_ALIASES && Object.hasOwn(aliases, found); steps++) found = aliases[found] ?? found;
  return found;
}

/** The two parts of a reference; the version is undefined in a name alone. */
export function partsOf(reference: string): { readonly name: string; readonly version: string | undefined } {
  const at = reference.indexOf('@');
  return at < 0 ? { name: reference, version: undefined } : { name: reference.slice(0, at), version: reference.slice(at + 1) };
}

export function choiceOf(choices: ModelChoices, name: string): ModelChoice {
  return Object.hasOwn(choices.models, name) ? (choices.models[name] ?? {}) : {};
}

/** Another version is in use, the one before is remembered, and nothing is tried any more. @param inUse undefined for the highest, whatever that is */
export function withInUse(choices: ModelChoices, name: string, inUse: string | undefined, previous: string | null): ModelChoices {
  const choice: ModelChoice = { ...(inUse === undefined ? {} : { in_use: inUse }), ...(previous === null ? {} : { previous }) };
  return { ...choices, models: { ...choices.models, [name]: choice } };
}

/** @param canary null for none */
export function withCanary(choices: ModelChoices, name: string, canary: ModelChoice['canary'] | null): ModelChoices {
  const { canary: _before, ...rest } = choiceOf(choices, name);
  return { ...choices, models: { ...choices.models, [name]: { ...rest, ...(canary ? { canary } : {}) } } };
}

/** @throws OnlookerError CONFLICT where it would go in a circle, BAD_MESSAGE for what no alias can be called, LIMIT_REACHED */
export function withAlias(choices: ModelChoices, alias: string, target: string): ModelChoices {
  if (alias === LATEST || alias.endsWith(`@${LATEST}`)) {
    throw new OnlookerError('BAD_MESSAGE', `alias: ${LATEST} always is the highest version`);
  }
  const aliases = { ...choices.aliases, [alias]: target };
  if (Object.keys(aliases).length > MOST_ALIASES)
    throw new OnlookerError('LIMIT_REACHED', `There may be ${MOST_ALIASES} aliases.`);
  const circle = circleFrom(aliases, alias);
  if (circle !== null) throw new OnlookerError('CONFLICT', `The alias would go in a circle: ${circle}.`);
  return { ...choices, aliases };
}

export function withoutAlias(choices: ModelChoices, alias: string): ModelChoices {
  const { [alias]: _gone, ...aliases } = choices.aliases;
  return { ...choices, aliases };
}

/** Whether a stream is one of the share that a version is tried with: always the same streams, and more of them when it grows. */
export function isTried(name: string, stream: string, share: number): boolean {
  const number = createHash('sha256').update(`${name} ${stream}`).digest().readUInt32BE(0);
  return number / 2 ** 32 < share;
}

/** The aliases that lead from one back to itself; null where they do not. */
function circleFrom(aliases: Readonly<Record<string, string>>, start: string): string | null {
  const way = [start];
  for (let at = aliases[start]; at !== undefined; at = Object.hasOwn(aliases, at) ? aliases[at] : undefined) {
    way.push(at);
    if (at === start) return way.join(' → ');
    // A circle further on is told of those that are in it.
    if (way.indexOf(at) < way.length - 1) return null;
  }
  return null;
}
