// Finds a family by its name: the file of that name in families/. So a new family is one new file and no list to keep.
import type { Family, FamilyKind } from './family.js';
import { ModelError, reasonOf } from './model-error.js';

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
  try {
    const module = (await import(`./families/${name}.js`)) as { readonly family: Family };
    return module.family;
  } catch (error) {
    // Whether the file is absent or broken is told by the reason; under a test runner the error has another code.
    if (/cannot find|unknown variable|failed to load|does the file exist/i.test(reasonOf(error))) return undefined;
    throw error;
  }
}

function isKind<K extends FamilyKind>(family: Family, kind: K): family is Extract<Family, { kind: K }> {
  return family.kind === kind;
}
