// Writes the pages of docs/ that come from the code. Needs a build: `npm run docs`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedDocs } from '../dist/server/generated-docs.js';

for (const [path, text] of await generatedDocs()) {
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
  process.stdout.write(`${path}\n`);
}
process.exit(0);
