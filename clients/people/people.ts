// What `onlooker people` and its subcommands do, over the HTTP interface.
import { constants, openAsBlob } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Service } from '../commands/service.js';
import type { FaceRecord, Person } from '../http-client.js';
import { dayOf } from './day.js';
import { CommandError, UsageError } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { formatTable, paint, shown } from '../terminal/table.js';
import { writeWhole } from '../terminal/whole-file.js';
import { findPerson, usableName } from './find-person.js';

interface Flags {
  readonly json?: true;
}

export async function listPeople(service: Service, flags: Flags, signal: AbortSignal): Promise<void> {
  const output = createOutput();
  const people: Person[] = [];
  for await (const person of service.http(signal).people.all()) {
    if (flags.json) await output.print(JSON.stringify(person));
    else people.push(person);
  }
  if (flags.json) return;
  if (people.length === 0) return output.note('nobody is enrolled yet: `onlooker enroll NAME FILES…`');
  const rows = people.map((person) => [
    person.id,
    shown(person.name),
    String(person.faces),
    shown(person.external_id ?? ''),
    dayOf(person.updated_at),
  ]);
  await output.print(formatTable(['ID', 'NAME', 'FACES', 'EXTERNAL ID', 'UPDATED'], rows));
}

export async function showPerson(service: Service, who: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const http = service.http(signal);
  const output = createOutput();
  const person = await findPerson(http, who);
  const faces: FaceRecord[] = [];
  for await (const face of http.faces.all(person.id)) faces.push(face);
  if (flags.json) return output.print(JSON.stringify({ ...person, faces }, null, 2));
  const fields: readonly (readonly [string, string])[] = [
    ['id', person.id],
    ['name', shown(person.name)],
    ['external id', shown(person.external_id ?? '')],
    ...(person.twins ? [['twins', person.twins.join(', ')] as const] : []),
    ['metadata', shown(JSON.stringify(person.metadata))],
    ['created', dayOf(person.created_at)],
    ['updated', dayOf(person.updated_at)],
  ];
  for (const [title, value] of fields) await output.print(`${paint('dim', title.padEnd(12))} ${value}`);
  const rows = faces.map((face) => [
    face.id,
    face.quality.toFixed(2),
    face.box.map((side) => side.toFixed(0)).join(','),
    dayOf(face.created_at),
  ]);
  await output.print(`\n${formatTable(['FACE', 'QUALITY', 'BOX', 'ENROLLED'], rows)}`);
}

export async function renamePerson(
  service: Service,
  who: string,
  given: string,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const name = usableName(given, 'the new name');
  const http = service.http(signal);
  const person = await findPerson(http, who);
  await http.people.update(person.id, { name });
  createOutput().note(`${person.id} is now named ${shown(name)}`);
}

export async function declareTwins(
  service: Service,
  who: string,
  otherWho: string,
  flags: Flags & { readonly undo?: true },
  signal: AbortSignal,
): Promise<void> {
  const { people } = service.http(signal);
  const one = await findPerson(service.http(signal), who);
  const other = await findPerson(service.http(signal), otherWho);
  await (flags.undo ? people.undeclareTwins(one.id, other.id) : people.declareTwins(one.id, other.id));
  const what = flags.undo ? 'are told apart as any two people' : 'are two people: a face near both gets no name';
  createOutput().note(`${shown(one.name)} (${one.id}) and ${shown(other.name)} (${other.id}) ${what}`);
}

/** Finds everybody first, so that a wrong name removes nobody. */
export async function removePeople(service: Service, who: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const http = service.http(signal);
  const people = new Map<string, Person>();
  for (const one of who) {
    const person = await findPerson(http, one);
    people.set(person.id, person);
  }
  const output = createOutput();
  for (const person of people.values()) {
    await http.people.remove(person.id);
    output.note(`removed ${person.id} (${shown(person.name)}) with ${person.faces} face${person.faces === 1 ? '' : 's'}`);
  }
}

export async function exportGallery(service: Service, file: string, flags: Flags, signal: AbortSignal): Promise<void> {
  if (file === '-' && process.stdout.isTTY) throw new UsageError('the export is binary: give a file, or send stdout into one');
  const stream = await service.http(signal).gallery.export();
  const source = Readable.fromWeb(stream as NodeReadableStream<Uint8Array>);
  if (file === '-') return pipeline(source, process.stdout, { signal, end: false });
  await writeWhole(file, source, signal);
  createOutput().note(`exported the gallery to ${file}`);
}

export async function importGallery(
  service: Service,
  file: string,
  flags: Flags & { readonly mode: 'merge' | 'replace' },
  signal: AbortSignal,
): Promise<void> {
  if (!(await isFile(file))) throw new CommandError(`${file} is no file that can be read`);
  const bytes = await openAsBlob(file);
  const report = await service.http(signal).gallery.import(bytes, flags.mode);
  const output = createOutput();
  output.note(
    `${report.added} people added, ${report.replaced} replaced, ${report.kept.length} kept as they were, ${report.faces} faces read`,
  );
  for (const id of report.kept) output.note(`kept ${id}`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
