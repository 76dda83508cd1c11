// Which streams the timeline can be narrowed to: the registered ones and all that were ever heard of while the page is open,
// so that a choice does not take the others away.
import { signal } from '@preact/signals';
import { isOfABrowser } from './stream-name.js';

const seen = signal<ReadonlySet<string>>(new Set());
export const seenStreams = seen as { readonly value: ReadonlySet<string> };

export function keepSeen(ids: Iterable<string>): void {
  const all = new Set([...seen.peek(), ...ids]);
  if (all.size > seen.peek().size) seen.value = all;
}

export interface StreamChoices {
  readonly cameras: readonly string[];
  /** Made up by browsers, one for each visit of a page: many, and of interest to few. */
  readonly browsers: readonly string[];
}

/** Each once, by name. @param ids of streams, in whatever order */
export function streamChoices(...ids: readonly Iterable<string>[]): StreamChoices {
  const all = [...new Set(ids.flatMap((some) => [...some]))].filter((id) => id !== '').sort();
  return { cameras: all.filter((id) => !isOfABrowser(id)), browsers: all.filter(isOfABrowser) };
}
