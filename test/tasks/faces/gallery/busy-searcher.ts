// A thread that searches a gallery without a pause while another one changes it, and tells what it has seen go wrong.
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { GallerySnapshot } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { GallerySearch } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';

const { snapshot, stay, probes } = workerData as {
  snapshot: GallerySnapshot;
  /** Never removed. */
  stay: readonly { readonly owner: number; readonly embedding: Float32Array }[];
  /** Those who come and go have one of these embeddings, and its index as their owner. */
  probes: readonly Float32Array[];
};
const search = new GallerySearch(snapshot);
const wrong: string[] = [];
let searches = 0;
let version = 0;
let goesOn = true;
parentPort?.on('message', (message: GallerySnapshot | 'end') => {
  if (message === 'end') goesOn = false;
  else search.useSnapshot(message);
});
parentPort?.postMessage('ready');

while (goesOn) {
  const found = search.search([...stay.map(({ embedding }) => embedding), ...probes]);
  searches++;
  if (search.version < version) wrong.push(`version ${search.version} after ${version}`);
  version = search.version;
  stay.forEach(({ owner }, index) => {
    const [best] = found[index] ?? [];
    if (best?.owner !== owner || best.similarity < 0.999) wrong.push(`${owner} is taken for ${best?.owner}`);
  });
  probes.forEach((_, index) => {
    const own = found[stay.length + index]?.find(({ owner }) => owner === index);
    if (own !== undefined && own.similarity < 0.999) wrong.push(`owner ${index} at ${own.similarity}`);
  });
  await turn();
}
parentPort?.postMessage({ searches, wrong: wrong.slice(0, 5) });
