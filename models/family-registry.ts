// Finds a family by its name: the file of that name in families/. So a new family is one new file and no list to keep.
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { Family, FamilyKind } from './family.js';
import { ModelError } from './model-error.js';

/** That of this file: .js as built, .ts where a test runner runs the sources. */
const ENDING = extname(import.meta.url);
/** Also what keeps a manifest from naming a path. */
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * Loads a family and makes sure that it is of the kind that is wanted.
 * @throws ModelError `BAD_MANIFEST`
 */
export async function loadFamily<K extends FamilyKind>(name: string, kind: K): Promise<Extract<Family, { kind: K }>> {
  const family = NAME.test(name) ? await importFamily(name) : undefined;
  if (family === undefined) throw new ModelError('BAD_MANIFEST', `no model family "${name}"`);
  if (!isKind(family, kind))
    throw new ModelError('BAD_MANIFEST', `the model family "${name}" is for a ${family.kind}, not for a ${kind}`);
  return family;
}

async function importFamily(name: string): Promise<Family | undefined> {
  const file = new URL(`./families/${name}${ENDING}`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const module = (await import(/* @vite-ignore */ file.href)) as { readonly family: Family };
  return module.family;
}

function isKind<K extends FamilyKind>(family: Family, kind: K): family is Extract<Family, { kind: K }> {
  return family.kind === kind;
}
