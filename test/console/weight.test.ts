// What a browser has to fetch for the console is bounded, whatever is added to it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';

const WEB = fileURLToPath(new URL('../../dist/web/', import.meta.url));
const MOST_BYTES = 150_000;

test('the whole console, all views and both languages, is under 150 KB compressed', () => {
  const files = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(html|js|css|svg)$/.test(name) && name !== 'client.js',
  );
  expect(files.length).toBeGreaterThan(5);
  const bytes = files.map((name) => brotliCompressSync(readFileSync(join(WEB, name))).length);
  expect(bytes.reduce((sum, one) => sum + one)).toBeLessThan(MOST_BYTES);
});
