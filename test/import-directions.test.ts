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

/** The sources of a folder, each with those that it imports, types included. */
function importsWithin(folder: string): ReadonlyMap<string, readonly string[]> {
  const files = new Set(sourcesOf(folder).map((file) => relative(root, file)));
  const found = new Map<string, readonly string[]>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const imported = [...text.matchAll(/(?:from|import|import\()\s*['"](\.[^'"]+)['"]/g)].flatMap(([, specifier = '']) => {
      const path = relative(root, resolve(root, dirname(file), specifier));
      return [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')];
    });
    found.set(
      file,
      imported.filter((one) => files.has(one)),
    );
  }
  return found;
}

test('nothing in pipeline/ knows a task but the place where it is put together', () => {
  const PUT_TOGETHER = ['pipeline/pipeline.ts', 'pipeline/pipeline-options.ts'];
  const knowing = [...importsWithin('pipeline')]
    .filter(([file]) => !file.startsWith('pipeline/tasks/') && !PUT_TOGETHER.includes(file))
    .flatMap(([file, imported]) =>
      imported.filter((one) => one.startsWith('pipeline/tasks/')).map((one) => `${file} imports ${one}`),
    );
  expect(knowing).toEqual([]);
});

test('a task knows no other task', () => {
  const taskOf = (file: string): string | undefined => /^pipeline\/tasks\/([^/]+)\//.exec(file)?.[1];
  const knowing = [...importsWithin('pipeline')].flatMap(([file, imported]) =>
    imported
      .filter((one) => taskOf(file) !== undefined && taskOf(one) !== undefined && taskOf(one) !== taskOf(file))
      .map((one) => `${file} imports ${one}`),
  );
  expect(knowing).toEqual([]);
});

test('pipeline/ has three files of its own, and everything else lies in a room', () => {
  const loose = readdirSync(join(root, 'pipeline'), { withFileTypes: true }).filter((entry) => entry.isFile());
  expect(loose.map(({ name }) => name).sort()).toEqual(['pipeline-log.ts', 'pipeline-options.ts', 'pipeline.ts']);
});

test.each(Object.keys(MAY_IMPORT))('no imports within %s/ go in a circle, types included', (folder) => {
  const graph = importsWithin(folder);
  const circles: string[] = [];
  const done = new Set<string>();
  const follow = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) follow(next, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) follow(file, []);
  expect(circles).toEqual([]);
});
