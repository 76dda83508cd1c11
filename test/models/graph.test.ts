// A rewritten graph runs only when it gives what its original gives, alone and in a batch.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { cachedPath } from '../../models/cache.js';
import { checkAgainstOriginal } from '../../models/graph/check.js';
import { foldPrelu } from '../../models/graph/fold-prelu.js';
import { freeBatch } from '../../models/graph/free-batch.js';
import { constantNamed, forgetShape, writeInt64 } from '../../models/graph/graph.js';
import type { Rewrite } from '../../models/graph/rewrite.js';
import { REWRITES, rewrite } from '../../models/graph/rewrites.js';
import { tensorInputOf, type TensorInput } from '../../models/tensor-input.js';
import { cacheDir, defaultPack } from '../fixtures.js';
import { floats, integers, ints, node, tinyEmbedder, tinyModel } from './tiny-model.js';

function squareInput(side: number): TensorInput {
  const size = { name: 'x', width: side, height: side };
  return tensorInputOf({ ...size, colour: 'rgb', mean: 127, scale: 1 / 128, fit: 'stretch' });
}

/** A score head as InsightFace exports SCRFD's, with two anchors: positions first, the batch between them and the anchors. */
const mixedHead = tinyModel({
  input: [1, 3, 8, 8],
  output: [128, 1],
  nodes: [
    node('Conv', ['x', 'kernel'], 'convolved'),
    node('Transpose', ['convolved'], 'mixed', [ints('perm', [2, 3, 0, 1])]),
    node('Reshape', ['mixed', 'shape'], 'rows'),
    node('Sigmoid', ['rows'], 'y'),
  ],
  weights: [floats('kernel', [2, 3, 1, 1], [0.3, -0.2, 0.1, 0.4, 0.2, -0.5]), integers('shape', [-1, 1])],
});

for (const role of ['detector', 'landmarks', 'embedder'] as const) {
  test(`the default pack's ${role} gives in a batch what its original gives alone`, async () => {
    const model = (await defaultPack())[role];
    if (model === undefined) throw new Error(`no ${role}`);
    const original = await readFile(cachedPath(cacheDir, model.sha256));
    const result = await checkAgainstOriginal(original, await readFile(model.path), tensorInputOf(model.input), model.id);
    expect(result.largestDifference).toBeLessThan(1e-5);
    expect(result.leastCosine).toBeGreaterThan(0.999999);
  });
}

test('the embedder has its PRelus folded', async () => {
  const { embedder } = await defaultPack();
  const original = await readFile(cachedPath(cacheDir, embedder?.sha256 ?? ''));
  expect(rewrite(original, REWRITES, 'fr_feature').applied).toEqual(['free-batch', 'fold-prelu']);
});

test('a graph whose batch is free already is left as it is and only checked', async () => {
  const freed = rewrite(tinyEmbedder(), REWRITES, 'tiny').bytes;
  const again = rewrite(freed, REWRITES, 'tiny');
  expect(again.applied).toEqual([]);
  expect(again.bytes).toBe(freed);
  await expect(checkAgainstOriginal(freed, again.bytes, squareInput(112), 'tiny')).resolves.toMatchObject({ inputName: 'x' });
});

test('outputs that mix the batch into their rows are split by picture', async () => {
  const { bytes, applied } = rewrite(mixedHead, REWRITES, 'head');
  expect(applied).toEqual(['free-batch', 'split-batch']);
  const { outputs } = await checkAgainstOriginal(mixedHead, bytes, squareInput(8), 'head');
  expect(outputs['y']?.dims).toEqual([4, 128, 1]);
});

test('a batch that is freed wrongly is refused', async () => {
  const { bytes } = rewrite(mixedHead, [freeBatch], 'head');
  await expect(checkAgainstOriginal(mixedHead, bytes, squareInput(8), 'head')).rejects.toThrow(
    /head cannot be batched: alone its output "y"/,
  );

  // Splits the rows of all pictures evenly, as if those of one came after those of another.
  const wrongly: Rewrite = {
    name: 'wrongly',
    apply(graph) {
      const shape = constantNamed(graph, 'shape');
      if (shape === undefined) return 0;
      writeInt64(shape, [-1, 128, 1]);
      shape.dims = [3];
      graph.output.forEach(forgetShape);
      return 1;
    },
  };
  const even = rewrite(mixedHead, [freeBatch, wrongly], 'head').bytes;
  await expect(checkAgainstOriginal(mixedHead, even, squareInput(8), 'head')).rejects.toThrow(
    /head is refused: in a batch of 4 its output "y" differs from the original's by/,
  );
});

test('a graph that cannot run a batch is refused', async () => {
  const original = tinyEmbedder();
  const inputOnly: Rewrite = {
    name: 'input-only',
    apply: (graph) => freeBatch.apply({ ...graph, node: graph.node.filter(({ opType }) => opType !== 'Reshape') }),
  };
  const { bytes } = rewrite(original, [inputOnly], 'tiny');
  await expect(checkAgainstOriginal(original, bytes, squareInput(112), 'tiny')).rejects.toMatchObject({ code: 'BAD_MODEL' });
});

test('an input of another size than the family feeds is told', async () => {
  await expect(checkAgainstOriginal(tinyEmbedder(), tinyEmbedder(), squareInput(96), 'tiny')).rejects.toThrow(
    'tiny takes an input of 1x3x112x112, but its family or manifest feeds 1x3x96x96',
  );
});

test('bytes that are no model are told', () => {
  expect(() => rewrite(Buffer.from('<html>not found</html>'), REWRITES, 'page')).toThrow(/page is no ONNX model/);
});

/** A convolution of 1x1, or a batch normalisation after one, with a PRelu behind. */
function preluModel(slopes: readonly number[], normalised: boolean): Uint8Array {
  const convolution = node('Conv', ['x', 'kernel', 'bias'], 'convolved');
  const normalisation = node('BatchNormalization', ['convolved', 'scale', 'shift', 'mean', 'variance'], 'normal');
  return tinyModel({
    input: [1, 3, 8, 8],
    output: [1, 2, 8, 8],
    nodes: [
      convolution,
      ...(normalised ? [normalisation] : []),
      node('PRelu', [normalised ? 'normal' : 'convolved', 'slopes'], 'y'),
    ],
    weights: [
      floats('kernel', [2, 3, 1, 1], [1, -2, 0.5, -1, 0.25, 2]),
      floats('bias', [2], [0.1, -0.2]),
      floats('scale', [2], [1.5, 0.5]),
      floats('shift', [2], [0.1, -0.3]),
      floats('mean', [2], [0.05, 0.2]),
      floats('variance', [2], [1.2, 0.8]),
      floats('slopes', [2, 1, 1], slopes),
    ],
  });
}

test.each([false, true])('PRelu after a convolution folds without changing the result (normalised: %s)', async (normalised) => {
  const original = preluModel([0.25, -1.5], normalised);
  const { bytes, applied } = rewrite(original, REWRITES, 'prelu');
  expect(applied).toContain('fold-prelu');
  const { largestDifference } = await checkAgainstOriginal(original, bytes, squareInput(8), 'prelu');
  expect(largestDifference).toBeLessThan(1e-6);
});

test('PRelu with a slope of one or more stays', () => {
  expect(rewrite(preluModel([0.25, 1], false), [foldPrelu], 'prelu').applied).toEqual([]);
});
