// A service that looks lived in, for pictures of the console: people of the fixtures' photographs, two cameras that play
// films, and the events that come of it.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient, type HttpClient } from '../../../clients/http-client.js';
import { fixture } from '../../fixtures.js';
import { asBody } from '../../server/support/images.js';
import { startService, type RunningService } from '../../server/support/service.js';
import { visit } from '../support/visit.js';

/** Names with the pictures that show them. */
const PEOPLE: readonly (readonly [name: string, ...pictures: readonly string[]])[] = [
  ['Audrey', 'audrey.jpg'],
  ['Sean', 'SeanConnery.jpg'],
  ['Nicolas', 'cage.jpg', 'cage2_crop.jpg'],
  ['George', 'fragrance-George-Clooney-main_crop.jpg'],
  ['Bill', 'bill-murray-snl_crop.jpg'],
  ['Barack', 'obama4_crop.jpg'],
  ['Elizabeth', 'queen20_crop.jpg'],
  ['Kim', 'kim1_crop.jpg'],
  ['Lisa', 'joconde.jpg'],
  ['Chuck', 'chuck_crop.jpg'],
  ['Robyn', 'ri_1_crop.jpg'],
  ['Justin', 'Justin-Bieber2_crop.jpg'],
  ['Franck', 'franck_01829.jpg', 'franck_02221.jpg', 'franck_02888.jpg', 'franck_03909.jpg'],
];
const CAMERAS: readonly (readonly [id: string, film: string])[] = [
  ['entrance', 'franck.mp4'],
  ['workshop', 'cap13_edit2.mp4'],
];
/** Who passed which camera before; some of them are not enrolled. */
const VISITS: readonly (readonly [stream: string, picture: string])[] = [
  ['reception', 'SeanConnery.jpg'],
  ['car-park', 'sean_guru2_crop.jpg'],
  ['reception', 'audrey_crop.jpg'],
  ['side-door', 'cage2_crop.jpg'],
  ['reception', 'walter2_crop.jpg'],
  ['car-park', 'franck_04000.jpg'],
  ['reception', 'joconde_crop.jpg'],
];

export async function livedInService(): Promise<{ readonly service: RunningService; readonly http: HttpClient }> {
  const film = await fixture('franck.mp4');
  const service = await startService({ ONLOOKER_MEDIA_DIR: dirname(film) });
  const http = createHttpClient(service.url);
  for (const [name, ...pictures] of PEOPLE) await enrol(http, name, pictures);
  for (const [stream, picture] of VISITS) await visit(service.url, stream, await readFile(await fixture(picture)));
  for (const [id, file] of CAMERAS) {
    await http.streams.add({ id, url: `media:${file}`, thumbnails: true, loop: true, realtime: true, fps: 5 });
  }
  await sleep(6_000);
  return { service, http };
}

export async function enrol(http: HttpClient, name: string, pictures: readonly string[]): Promise<string> {
  const { id } = await http.people.create({ name });
  let faces = 0;
  for (const picture of pictures) {
    const image = asBody(await readFile(await fixture(picture)));
    faces += await http.faces.enrol(id, image).then(
      () => 1,
      () => 0,
    );
  }
  // Not every photograph is good enough for the gate of enrolment.
  if (faces === 0) await http.people.remove(id);
  return id;
}
