// Compiles into dist/ without checking types, as tests need it, when a source is newer than what is there.
import { execFileSync } from 'node:child_process';
import { readFileSync, utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isOutdated } from './outdated.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const STAMP = at('dist/.tsbuildinfo');
const { include } = JSON.parse(readFileSync(at('tsconfig.json'), 'utf8'));
if (isOutdated(STAMP, [...include, 'tsconfig.json', 'package-lock.json'].map(at))) {
  const startedAt = new Date();
  execFileSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('.'), '--noCheck'], { stdio: 'inherit' });
  // The compiler leaves it as it is where a source is newer and says the same.
  utimesSync(STAMP, startedAt, startedAt);
}
