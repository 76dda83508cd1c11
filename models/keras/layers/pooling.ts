// Pooling of windows. TensorFlow's average counts no padding.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { channelsLast, configOf, padding, pair, picture, type LayerCall, type LayerGroup } from './layer.js';
import { windows } from './windows.js';

const schema = z.object({
  pool_size: pair.default([2, 2]),
  strides: pair.nullish(),
  padding: padding.default('valid'),
  data_format: channelsLast,
});

function pooled(opType: 'MaxPool' | 'AveragePool'): (call: LayerCall) => Value {
  return (call) => {
    const { graph, path } = call;
    const { value, shape } = picture(call);
    const config = configOf(call, schema);
    const strides = config.strides ?? config.pool_size;
    const [height, width, channels] = shape;
    const { output, pads } = windows([height, width], config.pool_size, strides, [1, 1], config.padding);
    const name = graph.node(opType, path, [graph.inChannelsFirst(value)], { kernel_shape: config.pool_size, strides, pads });
    return graph.picture(path, name, [...output, channels]);
  };
}

export const layers: LayerGroup = {
  MaxPooling2D: pooled('MaxPool'),
  MaxPool2D: pooled('MaxPool'),
  AveragePooling2D: pooled('AveragePool'),
  AvgPool2D: pooled('AveragePool'),
};
