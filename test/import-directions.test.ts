// Holds the house together: who may import whom, as docs/architecture.md draws it.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  models: [],
  pipeline: ['models', 'protocol'],
  server: ['pipeline', 'models', 'protocol'],
  clients: ['protocol'],
  bench: ['clients', 'pipeline', 'models', 'protocol', 'test'],
  // The program itself: it only puts the others together.
  bin: ['server', 'clients', 'models', 'protocol'],
};

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mts|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Folders of the house that a source file imports from, its own left out. */
function foldersImportedBy(file: string): { folder: string; specifier: string }[] {
  const text = readFileSync(file, 'utf8');
  const own = relative(root, file).split('/')[0];
  const found: { folder: string; specifier: string }[] = [];
  for (const match of text.matchAll(/(?:from|import|import\()\s*['"](\.[^'"]+)['"]/g)) {
    const specifier = match[1] ?? '';
    const folder = relative(root, resolve(dirname(file), specifier)).split('/')[0] ?? '';
    if (folder !== own) found.push({ folder, specifier });
  }
  return found;
}

for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${folder}/ imports only from ${allowed.length > 0 ? allowed.join(', ') : 'itself'}`, () => {
    const wrong = sourcesOf(folder).flatMap((file) =>
      foldersImportedBy(file)
        .filter((found) => !allowed.includes(found.folder))
        .map((found) => `${relative(root, file)} imports ${found.specifier}`),
    );
    expect(wrong).toEqual([]);
  });
}

test('one module alone loads onnxruntime, since the first to do so decides what it prints', () => {
  const loading = ['models', 'pipeline', 'server', 'clients', 'bin']
    .flatMap(sourcesOf)
    .filter((file) => /(from|import\()\s*'onnxruntime-node'/.test(readFileSync(file, 'utf8')))
    .map((file) => relative(root, file));
  expect(loading).toEqual(['models/graph/runtime.ts']);
});
