// A thread that searches a gallery's shared memory when it is asked to, as a lane does.
import { parentPort, workerData } from 'node:worker_threads';
import type { GallerySnapshot } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { GallerySearch } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';

const search = new GallerySearch(workerData as GallerySnapshot);
parentPort?.on('message', (message: { snapshot?: GallerySnapshot; probe?: Float32Array }) => {
  if (message.snapshot !== undefined) search.useSnapshot(message.snapshot);
  if (message.probe !== undefined) parentPort?.postMessage({ found: search.search([message.probe])[0], version: search.version });
});
