// `onlooker people import-embeddings`: people whose embeddings the same network made elsewhere, into the gallery, and for each that is
// left out why.
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Service } from '../../commands/service.js';
import type { HttpClient, ImportReport, Person } from '../../http-client.js';
import { CommandError, PartlyFailed, UsageError } from '../../terminal/failure.js';
import { createOutput } from '../../terminal/output.js';
import { shown } from '../../terminal/table.js';
import { embeddingsInCsv } from './from-csv.js';
import { embeddingsInNpy } from './from-npy.js';
import { embeddingsInPickle } from './from-pickle.js';
import { embeddingsIn } from './from-values.js';
import { galleryFile } from './gallery-file.js';
import { Intake } from './intake.js';
import { unreadable, type EmbeddingsFile, type NamedEmbedding } from './named-embedding.js';

export interface ImportEmbeddingsFlags {
  /** Id or sha256 of the model. */
  readonly madeBy: string;
  /** File with the names of a .npy file. */
  readonly names?: string;
  readonly json?: true;
}

/** Read whole, and more than once in memory. */
const LARGEST_FILE = 256 * 1024 ** 2;
const FORMATS: Readonly<Record<string, (file: EmbeddingsFile) => NamedEmbedding[]>> = {
  '.csv': embeddingsInCsv,
  '.tsv': embeddingsInCsv,
  '.json': embeddingsInJson,
  '.npy': embeddingsInNpy,
  '.pkl': embeddingsInPickle,
  '.pickle': embeddingsInPickle,
};

/** @throws PartlyFailed where somebody was refused · UsageError, CommandError, ConnectionError, ServerError */
export async function importEmbeddings(
  service: Service,
  path: string,
  flags: ImportEmbeddingsFlags,
  signal: AbortSignal,
): Promise<void> {
  const read = FORMATS[extname(path).toLowerCase()];
  if (read === undefined) throw new UsageError(`${path} is none of ${Object.keys(FORMATS).join(', ')}`);
  const http = service.http(signal);
  const model = await embedderOf(http, flags.madeBy);
  const names =
    flags.names === undefined
      ? null
      : textOf(await contentOf(flags.names))
          .trimEnd()
          .split(/\r?\n/);
  const found = read({ path, bytes: await contentOf(path), names });
  const intake = new Intake(model.dim, await everybody(http));
  for (const one of found) intake.add(one);
  const { people, refused } = intake;
  const report: ImportReport =
    people.length === 0
      ? { added: 0, replaced: 0, kept: [], faces: 0 }
      : await http.gallery.import(new Blob([new Uint8Array(galleryFile(people, model, Date.now()))]), 'merge');
  const output = createOutput();
  for (const one of refused)
    await (flags.json
      ? output.print(JSON.stringify({ status: 'refused', ...one }))
      : output.print(shown(`refused ${one.place} (${one.name}): ${one.reason}`)));
  const summary = {
    added: report.added,
    kept: report.kept.length + (report.kept_more ?? 0),
    faces: report.faces,
    refused: refused.length,
  };
  if (flags.json) await output.print(JSON.stringify({ status: 'done', ...summary }));
  output.note(
    `${summary.added} people added with ${summary.faces} faces, ${summary.kept} were there already, ${summary.refused} of ${found.length} embeddings refused`,
  );
  if (refused.length > 0) throw new PartlyFailed();
}

function embeddingsInJson(file: EmbeddingsFile): NamedEmbedding[] {
  let value: unknown;
  try {
    value = JSON.parse(textOf(file.bytes));
  } catch (error) {
    throw unreadable(file, `it is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  return embeddingsIn(value, file);
}

/** Windows puts a mark before texts. */
const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\uFEFF/, '');

async function contentOf(path: string): Promise<Buffer> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new CommandError(`${path} is no file: save it as one first`);
    if (info.size > LARGEST_FILE) throw new CommandError(`${path} has more than ${LARGEST_FILE / 1024 ** 2} MiB: divide it`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${path} is no file that can be read`);
  }
}

/** Embeddings of two networks cannot be compared, and nothing in them tells which made them. */
async function embedderOf(http: HttpClient, madeBy: string): Promise<{ id: string; sha256: string; dim: number }> {
  const embedder = (await http.models()).find(({ task }) => task === 'embed');
  if (embedder?.dim === undefined) throw new CommandError('the service has no model that embeds faces');
  const { id, sha256, dim } = embedder;
  if (madeBy === id || madeBy === sha256) return { id, sha256, dim };
  throw new CommandError(
    `the service has ${id} (sha256 ${sha256}), and embeddings of ${madeBy} cannot be compared with its own: run it with the network that made them (docs/models.md), or enrol photographs`,
  );
}

async function everybody(http: HttpClient): Promise<readonly Person[]> {
  const people: Person[] = [];
  for await (const person of http.people.all()) people.push(person);
  return people;
}
