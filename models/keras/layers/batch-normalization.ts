// Batch normalisation with what was learnt, as at inference. Where it follows a convolution, `fold-batch-norm` puts it into that.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { axis, configOf, dimensionOf, input, type LayerCall, type LayerGroup } from './layer.js';

const schema = z.object({
  axis: axis.default(-1),
  epsilon: z.number().default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

function batchNormalization(call: LayerCall): Value {
  const { graph, path, weights } = call;
  const value = input(call);
  const config = configOf(call, schema);
  const rank = value.shape.length;
  const dimension = dimensionOf(call, config.axis, rank);
  const channels = value.shape[dimension] ?? 0;
  const [ones, zeros] = [() => new Float32Array(channels).fill(1), () => new Float32Array(channels)];
  const gamma = config.scale ? weights.take(['gamma'], [channels]).read : ones;
  const beta = config.center ? weights.take(['beta'], [channels]).read : zeros;
  const mean = weights.take(['moving_mean'], [channels]).read;
  const variance = weights.take(['moving_variance'], [channels]).read;
  if (dimension === rank - 1 && (rank === 1 || rank === 3)) {
    const constant = (role: string, read: () => Float32Array) => graph.floats(path, role, [channels], read);
    const from = rank === 3 ? graph.inChannelsFirst(value) : graph.inKerasOrder(value);
    const inputs = [
      from,
      constant('gamma', gamma),
      constant('beta', beta),
      constant('moving_mean', mean),
      constant('moving_variance', variance),
    ];
    const name = graph.node('BatchNormalization', path, inputs, { epsilon: { float: config.epsilon } });
    return graph.like(path, name, value);
  }
  // Along any other axis it is a factor and a summand.
  const dims = value.shape.map((length, index) => (index === dimension ? length : 1));
  const factors = () => {
    const [scales, variances] = [gamma(), variance()];
    return scales.map((scale, index) => scale / Math.sqrt((variances[index] ?? 0) + config.epsilon));
  };
  const summands = () => {
    const [offsets, means, scales] = [beta(), mean(), factors()];
    return offsets.map((offset, index) => offset - (means[index] ?? 0) * (scales[index] ?? 0));
  };
  const product = graph.node('Mul', path, [graph.inKerasOrder(value), graph.floats(path, 'factors', dims, factors)]);
  return graph.plain(path, graph.node('Add', path, [product, graph.floats(path, 'summands', dims, summands)]), value.shape);
}

export const layers: LayerGroup = {
  BatchNormalization: batchNormalization,
  BatchNormalizationV1: batchNormalization,
  SyncBatchNormalization: batchNormalization,
};
