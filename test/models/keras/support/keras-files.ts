// Writes files as Keras does, from a model's JSON and its weights.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { File, Group, ready } from 'h5wasm/node';

export interface SavedWeight {
  /** Without the layer's name: `kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Weights of each layer, by its path without the outermost model. */
export type SavedWeights = ReadonlyMap<string, readonly SavedWeight[]>;

export interface Json {
  [key: string]: unknown;
}

/** How a weight's numbers are put into the file. */
export type Store = (file: File, path: string, weight: SavedWeight) => void;

const asFloat32: Store = (file, path, { shape, values }) => {
  file.create_dataset({ name: path, data: values, shape: [...shape] });
};

export interface H5Options {
  readonly version?: string;
  readonly store?: Store;
  /** Lists of names as Keras splits them where they are long. */
  readonly namesInParts?: boolean;
}

/** A whole model in HDF5, as Keras 2 and `model.save('x.h5')` of Keras 3 write it. */
export async function saveH5(
  path: string,
  model: Json | string,
  weights: SavedWeights,
  { version = '2.13.1', store = asFloat32, namesInParts = false }: H5Options = {},
): Promise<void> {
  await ready;
  const file = new File(path, 'w');
  file.create_attribute('model_config', typeof model === 'string' ? model : JSON.stringify(model));
  file.create_attribute('keras_version', version);
  file.create_attribute('backend', 'tensorflow');
  file.create_group('model_weights');
  const outermost = new Map<string, string[]>();
  for (const [place, saved] of weights) {
    const [top = '', ...within] = place.split('/');
    const names = outermost.get(top) ?? [];
    for (const weight of saved) names.push(`${within.at(-1) ?? top}/${weight.name}:0`);
    outermost.set(top, names);
  }
  for (const [layer, names] of outermost) {
    file.create_group(`model_weights/${layer}`);
    const group = file.get(`model_weights/${layer}`);
    if (!(group instanceof Group)) throw new Error('a group was not made');
    if (namesInParts) names.forEach((name, index) => group.create_attribute(`weight_names${index}`, [name]));
    else group.create_attribute('weight_names', names);
  }
  for (const [place, saved] of weights) {
    const [top = '', ...within] = place.split('/');
    const group = `model_weights/${top}/${within.at(-1) ?? top}`;
    if (!file.get(group)) file.create_group(group);
    for (const weight of saved) store(file, `${group}/${weight.name}:0`, weight);
  }
  file.close();
}

/** A `.keras` archive. @param places groups of the weights file by the layer's path: `layers/conv2d` */
export async function saveKeras(
  path: string,
  model: Json,
  weights: SavedWeights,
  places: ReadonlyMap<string, string>,
  version = '3.4.1',
): Promise<void> {
  const h5 = `${path}.weights`;
  await saveWeightsByPlace(h5, weights, places);
  const entries = [
    { name: 'metadata.json', data: Buffer.from(JSON.stringify({ keras_version: version, date_saved: '2024-01-01@00:00:00' })) },
    { name: 'config.json', data: Buffer.from(JSON.stringify(model)) },
    { name: 'model.weights.h5', data: readFileSync(h5) },
  ];
  writeFileSync(path, zip(entries));
  rmSync(h5);
}

async function saveWeightsByPlace(path: string, weights: SavedWeights, places: ReadonlyMap<string, string>): Promise<void> {
  await ready;
  const file = new File(path, 'w');
  for (const [layer, place] of places) {
    let group = '';
    for (const part of `${place}/vars`.split('/')) {
      group = group === '' ? part : `${group}/${part}`;
      if (!file.get(group)) file.create_group(group);
    }
    (weights.get(layer) ?? []).forEach(({ shape, values }, index) => {
      file.create_dataset({ name: `${group}/${index}`, data: values, shape: [...shape] });
    });
  }
  file.close();
}

export interface ZipEntry {
  readonly name: string;
  readonly data: Buffer;
  readonly deflate?: boolean;
  /** What the archive says instead of the true size. */
  readonly statedSize?: number;
}

/** A zip archive; as bad as it is asked to be. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, deflate = false, statedSize = data.length } of entries) {
    const stored = deflate ? deflateRawSync(data) : data;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(statedSize, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), stored]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, tail, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), end]);
}
