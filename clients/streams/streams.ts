// What `onlooker streams` and its subcommands do, over the HTTP interface; `watch` has a file of its own.
// Addresses go to the service and are shown only as it tells them, with *** for passwords.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StreamAnswer } from '../../protocol/streams.js';
import type { Service } from '../commands/service.js';
import { STREAM_FIELDS, streamFields, type StreamFlags } from '../commands/stream-options.js';
import { UsageError } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { formatTable, paint, shown } from '../terminal/table.js';
import { writeWhole } from '../terminal/whole-file.js';
import { readAddress } from './read-address.js';
import { KIND_TEXTS, stateText, streamDetails, STREAM_TITLES, streamCells } from './stream-rows.js';

interface Flags {
  readonly json?: true;
}

export async function listStreams(service: Service, flags: Flags, signal: AbortSignal): Promise<void> {
  const output = createOutput();
  const streams: StreamAnswer[] = [];
  for await (const stream of service.http(signal).streams.all()) {
    if (flags.json) await output.print(JSON.stringify(stream));
    else streams.push(stream);
  }
  if (flags.json) return;
  if (streams.length === 0) return output.note('no cameras are registered yet: `onlooker streams add ID ADDRESS`');
  await output.print(formatTable(STREAM_TITLES, streams.map(streamCells)));
}

export async function addStream(
  service: Service,
  id: string,
  address: string,
  flags: Flags & StreamFlags & { readonly disabled?: true },
  signal: AbortSignal,
): Promise<void> {
  const added = await service.http(signal).streams.add({
    ...streamFields(flags),
    id,
    url: await readAddress(address),
    ...(flags.disabled ? { enabled: false } : {}),
  });
  await tell('added', added, flags);
}

export async function showStream(service: Service, id: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const output = createOutput();
  const stream = await service.http(signal).streams.get(id);
  if (flags.json) return output.print(JSON.stringify(stream, null, 2));
  for (const [title, value] of streamDetails(stream)) await output.print(`${paint('dim', title.padEnd(16))} ${value}`);
}

export async function changeStream(
  service: Service,
  id: string,
  flags: Flags & StreamFlags & { readonly address?: string; readonly default?: string },
  signal: AbortSignal,
): Promise<void> {
  const patch = {
    ...streamFields(flags),
    ...Object.fromEntries((flags.default?.split(',') ?? []).map((name) => [fieldOf(name.trim()), null])),
    ...(flags.address === undefined ? {} : { url: await readAddress(flags.address) }),
  };
  if (Object.keys(patch).length === 0) throw new UsageError('nothing to change: see `onlooker streams change --help`');
  await tell('changed', await service.http(signal).streams.change(id, patch), flags);
}

/** Looks whether all are there first, so that a wrong id changes nothing. */
export async function enableStreams(
  service: Service,
  ids: readonly string[],
  isEnabled: boolean,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { streams } = service.http(signal);
  for (const id of ids) await streams.get(id);
  for (const id of ids) {
    await streams.change(id, { enabled: isEnabled });
    createOutput().note(`${isEnabled ? 'enabled' : 'disabled'} ${id}`);
  }
}

/** The same. */
export async function removeStreams(service: Service, ids: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { streams } = service.http(signal);
  for (const id of ids) await streams.get(id);
  for (const id of new Set(ids)) {
    await streams.remove(id);
    createOutput().note(`removed ${id}`);
  }
}

export async function saveSnapshot(
  service: Service,
  id: string,
  file: string,
  flags: Flags & { readonly overlay?: true },
  signal: AbortSignal,
): Promise<void> {
  checkTarget(file);
  const { streams } = service.http(signal);
  await writePicture(await streams.snapshot(id, { overlay: flags.overlay ?? false }), file, signal);
  if (file !== '-') createOutput().note(`wrote the newest frame of ${shown(id)} to ${file}`);
}

export async function testAddress(
  service: Service,
  address: string,
  file: string | undefined,
  flags: Flags & StreamFlags & { readonly stream?: string },
  signal: AbortSignal,
): Promise<void> {
  if (file !== undefined) checkTarget(file);
  const output = createOutput();
  const { image, kind } = await service.http(signal).streams.tried({
    ...streamFields(flags),
    ...(flags.stream === undefined ? {} : { stream: flags.stream }),
    url: await readAddress(address),
  });
  const { default: sharp } = await import('sharp');
  const { width, height } = await sharp(image).metadata();
  if (file !== undefined) await writePicture(image, file, signal);
  const found = flags.json ? JSON.stringify({ kind, width, height }, null, 2) : `${KIND_TEXTS[kind]}, ${width}x${height}`;
  if (file === '-') output.note(found);
  else await output.print(found);
  if (file !== undefined && file !== '-') output.note(`wrote its first picture to ${file}`);
}

/** @throws UsageError before anything is asked for */
function checkTarget(file: string): void {
  if (file === '-' && process.stdout.isTTY) throw new UsageError('a JPEG is binary: give a file, or send stdout into one');
}

async function writePicture(picture: Uint8Array, file: string, signal: AbortSignal): Promise<void> {
  const jpeg = Readable.from([picture]);
  if (file === '-') await pipeline(jpeg, process.stdout, { signal, end: false });
  else await writeWhole(file, jpeg, signal);
}

async function tell(what: string, stream: StreamAnswer, flags: Flags): Promise<void> {
  const output = createOutput();
  if (flags.json) return output.print(JSON.stringify(stream, null, 2));
  output.note(`${what} ${stream.id} (${shown(stream.url)}): ${stateText(stream)}`);
}

function fieldOf(name: string): string {
  if (Object.hasOwn(STREAM_FIELDS, name)) return STREAM_FIELDS[name as keyof typeof STREAM_FIELDS];
  throw new UsageError(`--default: ${name} is none of ${Object.keys(STREAM_FIELDS).join(', ')}`);
}
