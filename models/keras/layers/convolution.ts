// Convolutions: whole, by channel, and by channel with a mix of channels after it.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { withActivation } from './activations.js';
import { reordered } from './kernels.js';
import { channelsLast, configOf, count, fault, padding, pair, picture, type LayerCall, type LayerGroup } from './layer.js';
import { windows } from './windows.js';

const common = {
  kernel_size: pair,
  strides: pair.default([1, 1]),
  dilation_rate: pair.default([1, 1]),
  padding: padding.default('valid'),
  data_format: channelsLast,
  use_bias: z.boolean().default(true),
  activation: z.unknown().optional(),
};
const wholeConfig = z.object({ ...common, filters: count, groups: count.nullish() });
const byChannelConfig = z.object({ ...common, depth_multiplier: count.default(1) });
const separableConfig = z.object({ ...byChannelConfig.shape, filters: count });

interface Kernel {
  readonly names: readonly [string, ...string[]];
  /** As Keras keeps it: height, width, channels, and what is made of each. */
  readonly shape: readonly [number, number, number, number];
  /** Into outputs, channels of a group, height, width. */
  readonly order: readonly number[];
  readonly groups: number;
  readonly channelsOfGroup: number;
  readonly outputs: number;
}

interface Placing {
  readonly strides: readonly [number, number];
  readonly dilation_rate: readonly [number, number];
  readonly padding: 'same' | 'valid';
}

const NO_PLACING: Placing = { strides: [1, 1], dilation_rate: [1, 1], padding: 'valid' };

function convolve(call: LayerCall, value: Value, kernel: Kernel, placing: Placing, useBias: boolean): Value {
  const { graph, path, weights } = call;
  const [height = 0, width = 0] = value.shape;
  const [rows, columns] = kernel.shape;
  const { output, pads } = windows([height, width], [rows, columns], placing.strides, placing.dilation_rate, placing.padding);
  const stored = weights.take(kernel.names, kernel.shape);
  const dims = [kernel.outputs, kernel.channelsOfGroup, rows, columns];
  const inputs = [
    graph.inChannelsFirst(value),
    graph.floats(path, kernel.names[0], dims, () => reordered(stored.read(), kernel.shape, kernel.order)),
  ];
  if (useBias) {
    const bias = weights.take(['bias'], [kernel.outputs]);
    inputs.push(graph.floats(path, 'bias', [kernel.outputs], bias.read));
  }
  const name = graph.node('Conv', path, inputs, {
    kernel_shape: [rows, columns],
    strides: placing.strides,
    dilations: placing.dilation_rate,
    pads,
    group: kernel.groups,
  });
  return graph.picture(path, name, [...output, kernel.outputs]);
}

function whole(call: LayerCall): Value {
  const { value, shape } = picture(call);
  const config = configOf(call, wholeConfig);
  const groups = config.groups ?? 1;
  if (shape[2] % groups !== 0 || config.filters % groups !== 0)
    throw fault(call, `cannot share ${shape[2]} channels and ${config.filters} filters out to ${groups} groups`);
  const kernel: Kernel = {
    names: ['kernel'],
    shape: [...config.kernel_size, shape[2] / groups, config.filters],
    order: [3, 2, 0, 1],
    groups,
    channelsOfGroup: shape[2] / groups,
    outputs: config.filters,
  };
  return withActivation(call, convolve(call, value, kernel, config, config.use_bias), config.activation);
}

function byChannel(size: readonly [number, number], channels: number, multiplier: number): Kernel {
  return {
    // Keras 3 calls that of a DepthwiseConv2D like any other.
    names: ['depthwise_kernel', 'kernel'],
    shape: [...size, channels, multiplier],
    order: [2, 3, 0, 1],
    groups: channels,
    channelsOfGroup: 1,
    outputs: channels * multiplier,
  };
}

function depthwise(call: LayerCall): Value {
  const { value, shape } = picture(call);
  const config = configOf(call, byChannelConfig);
  const kernel = byChannel(config.kernel_size, shape[2], config.depth_multiplier);
  return withActivation(call, convolve(call, value, kernel, config, config.use_bias), config.activation);
}

function separable(call: LayerCall): Value {
  const { value, shape } = picture(call);
  const config = configOf(call, separableConfig);
  const kernel = byChannel(config.kernel_size, shape[2], config.depth_multiplier);
  const parts = convolve(call, value, kernel, config, false);
  const mix: Kernel = {
    names: ['pointwise_kernel'],
    shape: [1, 1, kernel.outputs, config.filters],
    order: [3, 2, 0, 1],
    groups: 1,
    channelsOfGroup: kernel.outputs,
    outputs: config.filters,
  };
  return withActivation(call, convolve(call, parts, mix, NO_PLACING, config.use_bias), config.activation);
}

export const layers: LayerGroup = {
  Conv2D: whole,
  Convolution2D: whole,
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  SeparableConvolution2D: separable,
};
