// The console and the browser client, read once at the start: only what is listed then is ever given out, so that no
// address can lead anywhere else on the disk.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** One representation of a file: as it is, or compressed. */
export interface WebBody {
  readonly bytes: Uint8Array;
  /** With its quotes. */
  readonly etag: string;
}
export interface WebFile {
  readonly contentType: string;
  readonly plain: WebBody;
  readonly br?: WebBody;
  readonly gzip?: WebBody;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  json: 'application/json',
};
const COMPRESSED = { br: 'br', gz: 'gzip' } as const;

/** Files of a folder, as built, by their path with `/`; empty where there is no such folder. Files of other kinds are left out. */
export async function readWebFiles(folder: string): Promise<ReadonlyMap<string, WebFile>> {
  const files = new Map<string, WebFile>();
  for (const path of await pathsIn(folder)) {
    const contentType = CONTENT_TYPES[path.slice(path.lastIndexOf('.') + 1)];
    if (contentType !== undefined) files.set(path, { contentType, plain: await bodyOf(join(folder, path)) });
  }
  for (const path of await pathsIn(folder)) {
    const dot = path.lastIndexOf('.');
    const file = files.get(path.slice(0, dot));
    const encoding = COMPRESSED[path.slice(dot + 1) as keyof typeof COMPRESSED] as 'br' | 'gzip' | undefined;
    if (file && encoding) files.set(path.slice(0, dot), { ...file, [encoding]: await bodyOf(join(folder, path)) });
  }
  return files;
}

async function pathsIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function bodyOf(path: string): Promise<WebBody> {
  const bytes = await readFile(path);
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
}
