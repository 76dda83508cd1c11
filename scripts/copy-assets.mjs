// What the compiler does not copy: the manifests of the model packs, and the list of the tests' material.
import { cpSync, chmodSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
if (existsSync(at('models/packs'))) cpSync(at('models/packs'), at('dist/models/packs'), { recursive: true });
if (existsSync(at('test/fixtures.json'))) cpSync(at('test/fixtures.json'), at('dist/test/fixtures.json'));
if (existsSync(at('dist/bin/onlooker.js'))) chmodSync(at('dist/bin/onlooker.js'), 0o755);
