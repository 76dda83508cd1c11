// A net that somebody trained and saved years ago: grey faces of 64x64, a woman or a man.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';
import { Dataset, File, Group, ready } from 'h5wasm/node';
import { expect, test } from 'vitest';
import { convertKeras } from '../../../models/keras/convert-keras.js';
import { testFolder } from './support/conversions.js';
import type { tf } from './support/second-implementation.js';
import { expectClose, expectedOf, madeUpNumbers, resultOf } from './support/second-implementation.js';

const shared = fileURLToPath(new URL('../../../../shared/models/gender_mini_XCEPTION.hdf5', import.meta.url));
const folder = testFolder();

/** The same file as the second implementation reads it. */
async function loadedByTheOther(path: string): Promise<LayersModel> {
  await ready;
  const file = new File(path, 'r');
  const names: string[] = [];
  const parts: Float32Array[] = [];
  const specs: tf.io.WeightsManifestEntry[] = [];
  const all = file.get('model_weights');
  if (!(all instanceof Group)) throw new Error('it has no weights');
  for (const layer of all.keys()) {
    const group = all.get(layer);
    if (!(group instanceof Group)) continue;
    for (const name of (group.attrs['weight_names']?.value ?? []) as string[]) {
      const data = group.get(name);
      if (!(data instanceof Dataset)) continue;
      names.push(name);
      specs.push({ name: name.replace(/:0$/, ''), shape: data.shape ?? [], dtype: 'float32' });
      parts.push(data.value as Float32Array);
    }
  }
  const modelTopology = JSON.parse(file.attrs['model_config']?.value as string) as Record<string, never>;
  file.close();
  const weightData = Buffer.concat(parts.map((part) => new Uint8Array(part.buffer))).buffer;
  return loadLayersModel({ load: () => Promise.resolve({ modelTopology, weightSpecs: specs, weightData }) });
}

test.skipIf(!existsSync(shared))(
  'gender_mini_XCEPTION.hdf5 gives the probabilities that the second implementation gives',
  async () => {
    const to = join(folder, 'gender.onnx');
    const conversion = await convertKeras(shared, to);
    expect(conversion).toMatchObject({
      input: { name: 'input_1', height: 64, width: 64, channels: 1 },
      classes: 2,
      activation: 'softmax',
      preprocessing: [],
      kerasVersion: '2.0.5',
      layers: 46,
    });
    const net = await loadedByTheOther(shared);
    expect(conversion.parameters).toBe(net.countParams());
    const shape = [4, 64, 64, 1];
    const noise = madeUpNumbers(4 * 64 * 64, 3);
    // Noise, and slow waves with noise on them as a picture has.
    const pictures = noise.map((each, at) =>
      at < 2 * 64 * 64 ? each : 0.7 * Math.sin((at % 64) / 9) * Math.cos(at / 64 / 7) + 0.3 * each,
    );
    const result = await resultOf(to, pictures, shape);
    expectClose(result.data as Float32Array, expectedOf(net, pictures, shape), 1e-4);
  },
);
