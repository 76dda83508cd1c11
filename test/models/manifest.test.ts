// Manifests are written by people: what is wrong in one is told in one line that names the place.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadManifest, parseManifest } from '../../models/manifest.js';
import { listPacks } from '../../models/pack.js';

const defaultManifest = await readFile(fileURLToPath(new URL('../../models/packs/default.json', import.meta.url)), 'utf8');

type Json = Record<string, unknown>;

/** The default manifest with something changed. */
function changed(
  change: (manifest: Json & { models: (Json & { file: Json })[]; sources: Record<string, Json> }) => void,
): string {
  const manifest = JSON.parse(defaultManifest) as Parameters<typeof change>[0];
  change(manifest);
  return JSON.stringify(manifest);
}

test('the packs that come with the service are valid and name every licence with its caveats', async () => {
  const packs = await listPacks();
  expect(packs.map((pack) => pack.id)).toEqual(['default', 'opencv', 'retinaface']);
  for (const { licence } of packs.flatMap((pack) => pack.models)) expect(licence.caveats.length).toBeGreaterThan(0);
});

const WRONG: readonly (readonly [string, string, RegExp])[] = [
  ['an unknown key', changed((pack) => (pack['colour'] = 'red')), /Unrecognized key.*colour/],
  [
    'an unknown key within a model',
    changed(({ models: [model] }) => model && (model['dim2'] = 1)),
    /models\.0: Unrecognized key.*dim2/,
  ],
  [
    'a short hash',
    changed(({ models: [model] }) => model && (model.file['sha256'] = 'abc')),
    /models\.0\.file\.sha256: expected 64/,
  ],
  [
    'an npm source without integrity',
    changed(({ sources }) => delete sources['plugin']?.['integrity']),
    /sources\.plugin\.integrity/,
  ],
  [
    'an npm range in place of a version',
    changed(({ sources }) => sources['plugin'] && (sources['plugin']['from'] = 'npm:a@^1')),
    /sources\.plugin\.from: expected npm:name@version/,
  ],
  [
    'a source that is not declared',
    changed(({ models: [model] }) => model && (model.file['source'] = 'other')),
    /models\.0\.file\.source: no source named "other"/,
  ],
  [
    'a path that leaves the archive',
    changed(({ models: [model] }) => model && (model.file['path'] = '../etc/passwd')),
    /models\.0\.file\.path: expected a relative path/,
  ],
  ['a second detector', changed(({ models }) => models[0] && models.push(models[0])), /models: expected one detector, found 2/],
  ['a threshold out of range', changed((pack) => ((pack['thresholds'] as Json)['match'] = 2)), /thresholds\.match: .*<=1/],
  ['an embedder without its dimension', changed(({ models }) => delete models[2]?.['dim']), /models\.2\.dim: /],
  ['text that is no JSON', '{', /is not JSON/],
];

test.each(WRONG)('%s is refused in one line that names the place', (_what, text, message) => {
  let thrown: unknown;
  try {
    parseManifest(text, 'mine.json');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'BAD_MANIFEST' });
  expect(String(thrown)).toMatch(/^ModelError: pack manifest mine\.json/);
  expect(String(thrown)).toMatch(message);
  expect(String(thrown)).not.toContain('\n');
});

test('an unknown pack is answered with those that there are', async () => {
  await expect(loadManifest('buffalo')).rejects.toThrow(/no model pack "buffalo"; there are default, opencv, retinaface/);
  await expect(loadManifest('./nowhere.json')).rejects.toMatchObject({ code: 'BAD_MANIFEST' });
});

test('the worked example of the documentation is a valid manifest', async () => {
  const page = await readFile(fileURLToPath(new URL('../../docs/models.md', import.meta.url)), 'utf8');
  const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(parseManifest(example, 'buffalo_s.json').models.map(({ family }) => family)).toEqual(['scrfd', 'arcface']);
});
