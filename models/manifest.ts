// What a model pack is made of, as its author writes it down in JSON: where the files come from, what they must hash to,
// under which licence, and how each model is fed. Reads and checks manifests; must never fetch or open a model.
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ATTRIBUTES } from './attributes/face-attributes.js';
import { FAMILY_KINDS } from './family.js';
import { ModelError, reasonOf, systemCodeOf } from './model-error.js';

/** Beside this file, both in the sources and in dist/. */
const PACKS_DIR = fileURLToPath(new URL('./packs/', import.meta.url));

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected 1 to 64 of a-z 0-9 . _ - beginning with a letter or digit');
const unit = z.number().min(0).max(1);

const source = z
  .strictObject({
    /**
     * `npm:name@version`, `https://…` or `s3://bucket/key` (a file or a .tgz) or `file:…` (a file or folder, absolute or relative to the
     * manifest).
     */
    from: z
      .string()
      .regex(
        /^(npm:(@[a-z0-9._~-]+\/)?[a-z0-9._~-]+@\d+\.\d+\.\d+[A-Za-z0-9.+-]*|https?:\/\/\S+|s3:\/\/\S+|file:.+)$/,
        'expected npm:name@version, https://…, s3://bucket/key or file:…',
      ),
    /** Of an archive as a whole, as npm writes it. Single files have their sha256 alone. */
    integrity: z
      .string()
      .regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'expected sha512-<base64>')
      .optional(),
    /** Size of an archive, for the progress shown. */
    bytes: z.int().positive().optional(),
  })
  .refine((value) => !isArchive(value.from) || value.integrity !== undefined, {
    path: ['integrity'],
    error: 'an archive needs its integrity (sha512-<base64>)',
  });

const file = z.strictObject({
  source: z.string(),
  /** Path within the archive (npm's leading `package/` left out) or folder; absent where the source is the file itself. */
  path: z.string().min(1).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'),
  bytes: z.int().positive(),
});

const licence = z.strictObject({ id: z.string().min(1), caveats: z.array(z.string().min(1)) });

/** How the family's usual input is changed for this network. */
const inputOverride = z.strictObject({
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  mean: z.number().optional(),
  scale: z.number().positive().optional(),
});

const modelFields = { family: name, file, input: inputOverride.optional(), licence };
const model = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('detector'), ...modelFields }),
  z.strictObject({ role: z.literal('landmarks'), ...modelFields }),
  z.strictObject({ role: z.literal('embedder'), ...modelFields, dim: z.int().positive() }),
]);

/** A network that tells one thing of faces beside who they are: fetched and loaded only where that is wanted. */
const attribute = z.strictObject({ name: z.enum(ATTRIBUTES), family: name, file, licence });

const manifestSchema = z
  .strictObject({
    id: name,
    version: z.string().regex(/^\d+\.\d+\.\d+$/, 'expected a version such as 1.0.0'),
    description: z.string().min(1),
    sources: z.record(z.string(), source),
    models: z.array(model).min(1),
    attributes: z.array(attribute).optional(),
    thresholds: z.strictObject({ detectionScore: unit, nmsIou: unit, match: z.number().min(-1).max(1), margin: unit }),
  })
  .superRefine((pack, context) => {
    for (const role of FAMILY_KINDS) {
      const count = pack.models.filter((entry) => entry.role === role).length;
      if (count > 1 || (role === 'detector' && count === 0)) {
        context.addIssue({
          code: 'custom',
          path: ['models'],
          message: `expected ${role === 'detector' ? 'one' : 'at most one'} ${role}, found ${count}`,
        });
      }
    }
    const { attributes = [] } = pack;
    attributes.forEach(({ name: told }, index) => {
      if (attributes.findIndex((other) => other.name === told) < index)
        context.addIssue({ code: 'custom', path: ['attributes', index, 'name'], message: `${told} stands there twice` });
    });
    const entries = [
      ...pack.models.map((entry, index) => ({ entry, at: ['models', index, 'file'] })),
      ...attributes.map((entry, index) => ({ entry, at: ['attributes', index, 'file'] })),
    ];
    for (const { entry, at } of entries) {
      const from = pack.sources[entry.file.source]?.from;
      if (from === undefined) {
        context.addIssue({ code: 'custom', path: [...at, 'source'], message: `no source named "${entry.file.source}"` });
      } else if (isArchive(from) && entry.file.path === undefined) {
        context.addIssue({ code: 'custom', path: [...at, 'path'], message: 'expected the path within the archive' });
      } else if (entry.file.path !== undefined && entry.file.path.split('/').some((part) => part === '..' || part === '')) {
        context.addIssue({ code: 'custom', path: [...at, 'path'], message: 'expected a relative path without ".."' });
      }
    }
  });

export type ManifestSource = z.infer<typeof source>;
export type ManifestFile = z.infer<typeof file>;
export type ManifestModel = z.infer<typeof model>;
export type ManifestAttribute = z.infer<typeof attribute>;
export type InputOverride = z.infer<typeof inputOverride>;

export interface PackManifest extends Readonly<z.infer<typeof manifestSchema>> {
  /** Folder that relative `file:` sources start from. */
  readonly folder: string;
}

/** Whether files have to be unpacked from what the source gives. */
export function isArchive(from: string): boolean {
  return from.startsWith('npm:') || /\.(tgz|tar\.gz)$/.test(from);
}

/** The name of a model within its pack: its file's name without ending. */
export function stemOf(entry: Pick<ManifestModel, 'file'>, sources: PackManifest['sources']): string {
  const path = entry.file.path ?? sources[entry.file.source]?.from ?? entry.file.source;
  return basename(path, extname(path));
}

/**
 * Checks a manifest's text.
 * @throws ModelError `BAD_MANIFEST`: one line that names every wrong place by its path
 */
export function parseManifest(text: string, path: string): PackManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelError('BAD_MANIFEST', `pack manifest ${path} is not JSON: ${reasonOf(error)}`, { cause: error });
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return { ...parsed.data, folder: dirname(resolve(path)) };
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
  throw new ModelError('BAD_MANIFEST', `pack manifest ${path}: ${wrong.join('; ')}`);
}

/**
 * Reads the manifest of a built-in pack by its id, or a user's own by its path (what has a slash or ends in .json).
 * @throws ModelError `UNKNOWN_PACK` or `BAD_MANIFEST`
 */
export async function loadManifest(idOrPath: string): Promise<PackManifest> {
  const isPath = /[/\\]|\.json$/.test(idOrPath);
  const path = isPath ? resolve(idOrPath) : `${PACKS_DIR}${idOrPath}.json`;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!isPath && systemCodeOf(error) === 'ENOENT') {
      const known = (await builtInPacks()).join(', ');
      throw new ModelError('UNKNOWN_PACK', `no model pack "${idOrPath}"; there are ${known}, or give the path of a manifest`);
    }
    throw new ModelError('BAD_MANIFEST', `pack manifest ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  return parseManifest(text, path);
}

/** Ids of the packs that come with the service. */
export async function builtInPacks(): Promise<string[]> {
  const names = await readdir(PACKS_DIR);
  return names
    .filter((entry) => entry.endsWith('.json'))
    .map((entry) => basename(entry, '.json'))
    .sort();
}
