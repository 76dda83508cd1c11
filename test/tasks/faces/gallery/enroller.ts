// A process for the tests to kill: it opens the gallery of its first argument and does what the second says,
// telling each acknowledged step on a line of its own.
import fs, { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { faceOf, MODEL } from './vectors.js';

const [dir = '', task = '', detail = ''] = process.argv.slice(2);
const tell = (line: string): void => void fs.writeSync(1, `${line}\n`);
const die = (): void => void process.kill(process.pid, 'SIGKILL');

if (task === 'die') {
  const rename = fs.renameSync;
  fs.renameSync = (from, to) => {
    if (detail === 'before-rename') die();
    rename(from, to);
    if (detail === 'after-rename') die();
  };
  syncBuiltinESMExports();
}
// After the patch above, which the gallery's own imports must see.
const { Gallery } = await import('../../../../pipeline/tasks/faces/gallery/gallery.js');
const gallery = await Gallery.open({ dir, model: MODEL, purgeDelayMs: task === 'die' ? 0 : 60_000 });

if (task === 'enrol') {
  const first = Number(detail);
  for (let seed = first; seed < first + 1000; seed++) {
    const { id } = await gallery.createPerson({ name: `person ${seed}` });
    const { face } = await gallery.addFace(id, faceOf(seed));
    tell(`${seed} ${id} ${face.id}`);
  }
} else if (task === 'delete') {
  for (const id of detail.split(',')) await gallery.deletePerson(id);
  tell('deleted');
  setInterval(() => undefined, 1000);
} else if (task === 'die') {
  const [person] = gallery.listPeople({ limit: 1 }).people;
  if (person !== undefined) await gallery.deletePerson(person.id);
  tell('deleted');
  if (detail === 'copying') {
    while (!existsSync(join(dir, 'gallery.next.mdb'))) await new Promise((resolve) => setImmediate(resolve));
    die();
  }
  setInterval(() => undefined, 1000);
} else {
  tell('open');
  setInterval(() => undefined, 1000);
}
