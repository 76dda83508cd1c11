// The files that a user's PATHS mean: files as they are, folders as the images in them, in the order people count.
import { open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CommandError } from '../terminal/failure.js';

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp']);

/** @throws CommandError for a path that is not there, and for a folder without images */
export async function expandPaths(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (!info) throw new CommandError(`there is no file or folder ${path}`);
    files.push(...(info.isDirectory() ? await imagesIn(path) : [path]));
  }
  return files;
}

async function imagesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => IMAGE_EXTENSIONS.has(extname(name).toLowerCase()));
  if (names.length === 0) throw new CommandError(`there are no images (JPEG, PNG or WebP) in ${folder}`);
  const byNumberInName = new Intl.Collator('en', { numeric: true });
  return names.sort(byNumberInName.compare).map((name) => join(folder, name));
}

/**
 * Whether a file goes to the service as it is: by its first bytes, or because its name says image (the service then
 * tells what is wrong with it). Anything else is for ffmpeg.
 */
export async function isImageFile(path: string): Promise<boolean> {
  if (IMAGE_EXTENSIONS.has(extname(path).toLowerCase())) return true;
  const file = await open(path);
  try {
    const { buffer: head, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0);
    const text = head.toString('latin1', 0, bytesRead);
    return text.startsWith('\xff\xd8\xff') || text.startsWith('\x89PNG') || (text.startsWith('RIFF') && text.endsWith('WEBP'));
  } finally {
    await file.close();
  }
}
