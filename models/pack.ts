// The front door: turns the name of a pack into models that are ready to run. Everything that can be wrong with a pack
// is found here, at the start, and told in one line; nothing is loaded into the inference runtime to stay.
import { cachedPath, fileState, type FileState } from './cache.js';
import type { Family, ImageInput, Outputs } from './family.js';
import { attributeFamily } from './attributes/families.js';
import type { AttributeFamily } from './attributes/attribute-family.js';
import { loadFamily } from './family-registry.js';
import { derivedGraph, derivedState, type DerivedSpec } from './graph/derived-graph.js';
import { builtInPacks, loadManifest, stemOf, type ManifestAttribute, type ManifestModel, type PackManifest } from './manifest.js';
import { ModelError, reasonOf } from './model-error.js';
import { ensureFiles, type FetchOptions } from './pack-files.js';
import type { AttributeName } from './attributes/face-attributes.js';
import type { PreparedAttribute, PreparedModel, PreparedPack } from './prepared.js';
import { tensorInputOf } from './tensor-input.js';

export interface PrepareOptions extends FetchOptions {
  /** Id of a built-in pack, or the path of a manifest. */
  readonly pack: string;
  /** What is to be told of faces beside who they are: default nothing. */
  readonly attributes?: readonly AttributeName[];
  /** Of those, only what the pack can tell; otherwise one that it cannot tell is an error. */
  readonly mayLackAttributes?: boolean;
}

/** One file of a pack, as `verifyPack` found it. */
export interface VerifiedFile {
  /** `<pack>/<model>`. */
  readonly model: string;
  /** As published, or rewritten to take batches. */
  readonly kind: 'original' | 'rewritten';
  readonly path: string;
  readonly state: FileState;
}

type PreparedEmbedder = PreparedModel & { readonly dim: number };

/**
 * Fetches what the cache lacks, checks every hash, frees the batch and checks it against the original.
 * @throws ModelError with one clear line
 */
export async function preparePack(options: PrepareOptions): Promise<PreparedPack> {
  const manifest = await loadManifest(options.pack);
  const families = await familiesOf(manifest);
  const heads = headsOf(manifest, options);
  await ensureFiles(
    { ...manifest, files: [...manifest.models, ...heads.map(([head]) => head)].map(({ file }) => file) },
    options,
  );

  let detector: PreparedModel | undefined;
  let landmarks: PreparedModel | undefined;
  let embedder: PreparedEmbedder | undefined;
  for (const [entry, family] of families) {
    const input = inputOf(entry, family, labelOf(manifest, entry));
    const spec = specOf(manifest, entry, family, input, options.cacheDir);
    const { path, record } = await derivedGraph(spec, options.signal);
    const prepared: PreparedModel = {
      id: spec.label,
      kind: family.kind,
      family: entry.family,
      version: manifest.version,
      sha256: entry.file.sha256,
      path,
      input: { ...input, name: record.inputName },
      licence: entry.licence,
    };
    if (entry.role === 'detector') detector = prepared;
    if (entry.role === 'landmarks') landmarks = prepared;
    if (entry.role === 'embedder') {
      const dims = Object.values(record.outputs)[0] ?? [];
      const dim = dims.reduce((product, size) => product * size, 1);
      if (dim !== entry.dim)
        throw new ModelError('BAD_MODEL', `${spec.label} gives ${dim} numbers a face, its manifest says ${entry.dim}`);
      embedder = { ...prepared, dim };
    }
  }
  const attributes: PreparedAttribute[] = [];
  for (const [head, family] of heads) attributes.push(await preparedHead(manifest, head, family, options));
  const { id, version, thresholds } = manifest;
  if (detector === undefined) throw new ModelError('BAD_MANIFEST', `the pack ${id} has no detector`);
  return {
    id,
    version,
    detector,
    ...(landmarks ? { landmarks } : {}),
    ...(embedder ? { embedder } : {}),
    attributes,
    thresholds,
  };
}

async function preparedHead(
  manifest: PackManifest,
  head: ManifestAttribute,
  family: AttributeFamily,
  options: PrepareOptions,
): Promise<PreparedAttribute> {
  const spec = headSpec(manifest, head, family, options.cacheDir);
  const { path, record } = await derivedGraph(spec, options.signal);
  const { name, file, licence } = head;
  const input = { ...family.input, name: record.inputName };
  const { version } = manifest;
  return { id: spec.label, kind: 'attribute', name, family: head.family, version, sha256: file.sha256, path, input, licence };
}

/** The manifests of the packs that come with the service. */
export async function listPacks(): Promise<PackManifest[]> {
  return Promise.all((await builtInPacks()).map(loadManifest));
}

/**
 * Hashes every file of a pack in the cache, changing nothing.
 * @throws ModelError when the manifest is wrong or the cache cannot be read; a damaged file is a result, no error
 */
export async function verifyPack(
  options: Pick<PrepareOptions, 'pack' | 'cacheDir' | 'attributes' | 'mayLackAttributes'>,
): Promise<VerifiedFile[]> {
  const manifest = await loadManifest(options.pack);
  const found: VerifiedFile[] = [];
  const { cacheDir } = options;
  const models = (await familiesOf(manifest)).map(([entry, family]) =>
    specOf(manifest, entry, family, inputOf(entry, family, labelOf(manifest, entry)), cacheDir),
  );
  const heads = headsOf(manifest, options).map(([head, family]) => headSpec(manifest, head, family, cacheDir));
  for (const spec of [...models, ...heads]) {
    const { label: model, originalPath: path, sha256 } = spec;
    found.push({ model, kind: 'original', path, state: await fileState(path, sha256) });
    const { path: derivedPath, ...state } = await derivedState(spec);
    found.push({ model, kind: 'rewritten', path: derivedPath, state });
  }
  return found;
}

async function familiesOf(manifest: PackManifest): Promise<(readonly [ManifestModel, Family])[]> {
  const families: (readonly [ManifestModel, Family])[] = [];
  for (const entry of manifest.models) families.push([entry, await loadFamily(entry.family, entry.role)]);
  const has = (role: ManifestModel['role']) => manifest.models.some((entry) => entry.role === role);
  const findsPoints = families.some(([, family]) => family.kind === 'detector' && family.hasLandmarks);
  if (has('embedder') && !findsPoints && !has('landmarks')) {
    throw new ModelError(
      'BAD_MANIFEST',
      `the pack ${manifest.id} needs a landmarks model: its detector finds no points to align a face by`,
    );
  }
  return families;
}

/** @throws ModelError where the pack has none for something that is wanted */
function headsOf(
  { id, attributes = [] }: PackManifest,
  { attributes: wanted = [], mayLackAttributes = false }: Pick<PrepareOptions, 'attributes' | 'mayLackAttributes'>,
): readonly (readonly [ManifestAttribute, AttributeFamily])[] {
  return wanted.flatMap((name) => {
    const head = attributes.find((entry) => entry.name === name);
    if (head === undefined) {
      if (mayLackAttributes) return [];
      const known = attributes.map((entry) => entry.name).join(', ') || 'nothing';
      throw new ModelError('BAD_MANIFEST', `the pack ${id} cannot tell the ${name} of a face, only ${known}`);
    }
    const family = attributeFamily(head.family);
    if (family === undefined) throw new ModelError('BAD_MANIFEST', `no model family "${head.family}" for the ${name} of a face`);
    return [[head, family] as const];
  });
}

function headSpec(manifest: PackManifest, head: ManifestAttribute, family: AttributeFamily, cacheDir: string): DerivedSpec {
  const label = labelOf(manifest, head);
  const { sha256 } = head.file;
  const tryReading = (outputs: Outputs, batch: number): void =>
    readingAs(label, () => {
      for (let index = 0; index < batch; index++) family.decode(outputs, index);
    });
  const input = { ...family.input, name: 'input' };
  return { cacheDir, sha256, originalPath: cachedPath(cacheDir, sha256), input, label, tryReading };
}

function labelOf(manifest: PackManifest, entry: Pick<ManifestModel, 'file'>): string {
  return `${manifest.id}/${stemOf(entry, manifest.sources)}`;
}

function specOf(manifest: PackManifest, entry: ManifestModel, family: Family, input: ImageInput, cacheDir: string): DerivedSpec {
  const label = labelOf(manifest, entry);
  const { sha256 } = entry.file;
  const tryReading = (outputs: Outputs, batch: number): void => checkFamilyReads(family, input, outputs, batch, label);
  return { cacheDir, sha256, originalPath: cachedPath(cacheDir, sha256), input: tensorInputOf(input), label, tryReading };
}

/** A network of another family is told here, not by the first frame. */
function checkFamilyReads(family: Family, input: ImageInput, outputs: Outputs, batch: number, label: string): void {
  readingAs(label, () => {
    for (let index = 0; index < batch; index++) {
      if (family.kind === 'detector') family.decode(outputs, index, input, 0.5);
      else family.decode(outputs, index);
    }
  });
}

function readingAs(label: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    throw new ModelError('BAD_MODEL', `${label} is not of the family that its manifest names: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function inputOf(entry: ManifestModel, family: Family, label: string): ImageInput {
  const { width, height, mean, scale } = entry.input ?? {};
  const step = family.kind === 'detector' ? family.sizeStep : undefined;
  for (const size of [width, height]) {
    if (size === undefined) continue;
    if (step === undefined)
      throw new ModelError('BAD_MANIFEST', `${label}: the input of the family ${entry.family} has a fixed size`);
    if (size % step !== 0)
      throw new ModelError('BAD_MANIFEST', `${label}: the input's size must be a multiple of ${step}, not ${size}`);
  }
  const { input } = family;
  return {
    ...input,
    width: width ?? input.width,
    height: height ?? input.height,
    mean: mean ?? input.mean,
    scale: scale ?? input.scale,
  };
}
