// The pages that are written from the code say what the code says.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generatedDocs } from '../../server/generated-docs.js';

const pages = await generatedDocs();

test.each([...pages])('%s is up to date (node scripts/generate-docs.mjs writes it)', (path, text) => {
  expect(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')).toBe(text);
});
