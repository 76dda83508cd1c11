// The version of this program, from its package.json: two folders up when compiled, one when run from source.
import { existsSync, readFileSync } from 'node:fs';

const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
const found = candidates.find((url) => existsSync(url));
const parsed = found === undefined ? {} : (JSON.parse(readFileSync(found, 'utf8')) as { version?: string });

export const VERSION = parsed.version ?? '0.0.0';
/** How the service calls itself in `hello`. */
export const SERVER_NAME = `onlooker/${VERSION}`;
