// The system's C library, for the few calls that Node does not offer. Null where it cannot be had: what needs it does without.
import { createRequire } from 'node:module';
import type { LibraryHandle } from 'koffi';

let library: LibraryHandle | null | undefined;

export function systemLibrary(): LibraryHandle | null {
  if (library === undefined) library = process.platform === 'linux' ? load() : null;
  return library;
}

function load(): LibraryHandle | null {
  try {
    // Not imported: on a system that it has no build for, that would keep the service from starting.
    const koffi = createRequire(import.meta.url)('koffi') as { load(path: null): LibraryHandle };
    return koffi.load(null);
  } catch {
    return null;
  }
}
