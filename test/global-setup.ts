// Before any test: compile, since worker threads and the service run compiled JavaScript from dist/, and fetch what the
// tests work on, so that no test's time limit has to allow for a slow network.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fixtures, packWithAttributes } from './fixtures.js';

const root = fileURLToPath(new URL('..', import.meta.url));

export default async function setup(): Promise<void> {
  // Types are checked by `npm run build`; here only the output must be that of the sources under test.
  execFileSync(process.execPath, ['scripts/compile-for-tests.mjs'], { cwd: root, stdio: 'inherit' });
  execFileSync(process.execPath, ['scripts/build-wasm.mjs'], { cwd: root, stdio: 'inherit' });
  execFileSync(process.execPath, ['scripts/build-web.mjs', '--if-changed'], { cwd: root, stdio: 'inherit' });
  execFileSync(process.execPath, ['scripts/copy-assets.mjs'], { cwd: root, stdio: 'inherit' });
  await fixtures();
  // The default pack is a part of it, and out of one archive.
  await packWithAttributes();
}
