// A gallery that is changed for as long as a soak lasts: people enrolled and deleted again, and now and then the whole of it
// exported and imported. At the end it has as many people as at the beginning.
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient } from '../../clients/http-client.js';
import { fixture } from '../../test/fixtures.js';
import { readFile } from 'node:fs/promises';
import type { Random } from './random.js';

const STILLS = ['franck_01829.jpg', 'franck_02045.jpg', 'franck_02683.jpg'] as const;
const PAUSE_MS = { least: 500, most: 2500 } as const;
/** One of so many changes is of the whole gallery. */
const IMPORT_EVERY = 20;

export interface GalleryChanges {
  enrolled: number;
  deleted: number;
  imported: number;
}

/** Ends when the signal does, and whoever it enrolled is deleted. */
export async function galleryChurn(url: string, random: Random, signal: AbortSignal): Promise<Readonly<GalleryChanges>> {
  const http = createHttpClient(url);
  const stills = await Promise.all(STILLS.map(async (still) => readFile(await fixture(still))));
  const changes: GalleryChanges = { enrolled: 0, deleted: 0, imported: 0 };
  for (let round = 1; !signal.aborted; round++) {
    const { id } = await http.people.create({ name: `Somebody ${round}` });
    await http.faces.enrol(id, random.oneOf(stills));
    changes.enrolled++;
    await sleep(random.between(PAUSE_MS.least, PAUSE_MS.most), undefined, { signal }).catch(() => undefined);
    await http.people.remove(id);
    changes.deleted++;
    if (round % IMPORT_EVERY !== 0) continue;
    const file = await new Response(await http.gallery.export()).blob();
    await http.gallery.import(file, random.oneOf(['merge', 'replace'] as const));
    changes.imported++;
  }
  return changes;
}
