// Builds what browsers get, into dist/web/: the console, then the client beside it, each file also compressed, so that the
// service only picks. `--if-changed`: only when a source is newer than what is there.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { isOutdated } from './outdated.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const WEB = at('dist/web');
/** Written last: when it is there, all is. */
const STAMP = at('dist/.web-built');
const SOURCES = ['clients', 'protocol', 'package-lock.json', 'scripts/build-web.mjs'].map(at);
/** Below this a header is all that would be saved. */
const MIN_BYTES = 512;

if (!process.argv.includes('--if-changed') || !existsSync(WEB) || isOutdated(STAMP, SOURCES)) {
  for (const part of ['clients/console', 'clients/browser']) {
    await build({ configFile: at(`${part}/vite.config.mjs`), logLevel: 'warn' });
  }
  compressAll();
  writeFileSync(STAMP, '');
}

function compressAll() {
  for (const entry of readdirSync(WEB, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(html|js|css|svg|json)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    if (bytes.length < MIN_BYTES) continue;
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  }
}
