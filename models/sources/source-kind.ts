// Chooses the kind of source for an address.
import type { FetchSource } from './source.js';

export interface SourceKind {
  readonly needsNetwork: boolean;
  readonly fetch: FetchSource;
}

/** The kind of source for an address that a manifest's schema has let through. */
export async function sourceKind(from: string): Promise<SourceKind> {
  // Loaded on need: pacote and its like take half a second that a start with a filled cache should not pay.
  if (from.startsWith('npm:')) return { needsNetwork: true, fetch: (await import('./npm.js')).fetchNpm };
  if (from.startsWith('file:')) return { needsNetwork: false, fetch: (await import('./file.js')).fetchFile };
  return { needsNetwork: true, fetch: (await import('./web.js')).fetchWeb };
}
