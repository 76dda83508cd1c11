// Writes the annotated frames of `onlooker send --annotate` into a folder, each under a name of its own.
import { writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { FrameResult } from '../results.js';
import { annotate } from './annotate.js';
import type { SourceFrame } from './source-frames.js';

export class PictureWriter {
  readonly #folder: string;
  readonly #written = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the frame with its faces or objects drawn in; a frame without a good result is left out. */
  async write(source: SourceFrame, result: FrameResult | undefined): Promise<void> {
    if (result?.status !== 'ok') return;
    const path = join(this.#folder, this.#nameOf(source));
    await writeFile(path, await annotate(source.image, drawnOf(result)));
  }

  /** `photo.jpg`, `door-000012.jpg`; two files of one name in different folders become `photo.jpg` and `photo-2.jpg`. */
  #nameOf({ file, frame }: SourceFrame): string {
    const base = basename(file, extname(file)) + (frame === undefined ? '' : `-${String(frame).padStart(6, '0')}`);
    let name = `${base}.jpg`;
    for (let copy = 2; this.#written.has(name); copy++) name = `${base}-${copy}.jpg`;
    this.#written.add(name);
    return name;
  }
}

function drawnOf(result: Extract<FrameResult, { status: 'ok' }>) {
  if ('faces' in result) return result.faces;
  return 'objects' in result ? result.objects : [];
}
