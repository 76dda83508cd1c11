// Pooling of the whole picture, to one number for each channel.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { channelsLast, configOf, picture, type LayerCall, type LayerGroup } from './layer.js';

const schema = z.object({ keepdims: z.boolean().default(false), data_format: channelsLast });

function pooled(opType: 'GlobalMaxPool' | 'GlobalAveragePool'): (call: LayerCall) => Value {
  return (call) => {
    const { graph, path } = call;
    const { value, shape } = picture(call);
    const name = graph.node(opType, path, [graph.inChannelsFirst(value)]);
    const [, , channels] = shape;
    const whole = graph.picture(path, name, [1, 1, channels]);
    return configOf(call, schema).keepdims ? whole : graph.reshaped(path, whole, [channels]);
  };
}

export const layers: LayerGroup = {
  GlobalAveragePooling2D: pooled('GlobalAveragePool'),
  GlobalAvgPool2D: pooled('GlobalAveragePool'),
  GlobalMaxPooling2D: pooled('GlobalMaxPool'),
  GlobalMaxPool2D: pooled('GlobalMaxPool'),
};
