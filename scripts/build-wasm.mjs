// Compiles what is written as WebAssembly text (`pipeline/**/*.wat`) into dist/, each beside the JavaScript that runs it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(join(root, 'pipeline'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.wat'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const { parseWat } = await wabt();
for (const source of sources) {
  const module = parseWat(source, readFileSync(join(root, source)), { simd: true });
  module.validate({ simd: true });
  const file = join(root, 'dist', source.replace(/\.wat$/, '.wasm'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, module.toBinary({}).buffer);
  module.destroy();
}
