// The convolution run backwards, which makes pictures larger.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { withActivation } from './activations.js';
import { reordered } from './kernels.js';
import { channelsLast, configOf, count, fault, padding, pair, picture, type LayerCall, type LayerGroup } from './layer.js';
import { reachOf, samePadding } from './windows.js';

const spare = z.int().min(0).max(1000);
const schema = z.object({
  filters: count,
  kernel_size: pair,
  strides: pair.default([1, 1]),
  dilation_rate: pair.default([1, 1]),
  padding: padding.default('valid'),
  /** Pixels added to the output's end, where the length that it had before the convolution is not the usual one. */
  output_padding: z.union([z.tuple([spare, spare]), spare.transform((both): [number, number] => [both, both])]).nullish(),
  data_format: channelsLast,
  use_bias: z.boolean().default(true),
  activation: z.unknown().optional(),
});
type Config = z.infer<typeof schema>;

interface Side {
  readonly output: number;
  readonly before: number;
  readonly after: number;
  readonly spare: number;
}

/** The length that Keras says, and the padding that a convolution of that length would have had. */
function along(length: number, side: 0 | 1, config: Config): Side {
  const stride = config.strides[side];
  const reach = reachOf(config.kernel_size[side], config.dilation_rate[side]);
  const spare = config.output_padding?.[side];
  const bare = (length - 1) * stride + reach;
  const usual = config.padding === 'same' ? length * stride : length * stride + Math.max(reach - stride, 0);
  const stated = spare === undefined ? usual : bare + spare - (config.padding === 'same' ? 2 * Math.floor(reach / 2) : 0);
  const { before, after } = config.padding === 'same' ? samePadding(stated, length, reach, stride) : { before: 0, after: 0 };
  return { output: stated, before, after, spare: stated - (bare - before - after) };
}

function transposed(call: LayerCall): Value {
  const { value, shape } = picture(call);
  const config = configOf(call, schema);
  const { graph, path, weights } = call;
  const [height, width, channels] = shape;
  const sides = [along(height, 0, config), along(width, 1, config)] as const;
  if (sides.some(({ output, spare }) => output < 1 || spare < 0))
    throw fault(call, 'has an output_padding that its size does not allow');
  const kernel = [...config.kernel_size, config.filters, channels] as const;
  const stored = weights.take(['kernel'], kernel);
  const inputs = [
    graph.inChannelsFirst(value),
    graph.floats(path, 'kernel', [channels, config.filters, ...config.kernel_size], () =>
      reordered(stored.read(), kernel, [3, 2, 0, 1]),
    ),
  ];
  if (config.use_bias) inputs.push(graph.floats(path, 'bias', [config.filters], weights.take(['bias'], [config.filters]).read));
  const name = graph.node('ConvTranspose', path, inputs, {
    kernel_shape: config.kernel_size,
    strides: config.strides,
    dilations: config.dilation_rate,
    pads: [sides[0].before, sides[1].before, sides[0].after, sides[1].after],
    output_padding: sides.map(({ spare }) => spare),
  });
  return withActivation(call, graph.picture(path, name, [sides[0].output, sides[1].output, config.filters]), config.activation);
}

export const layers: LayerGroup = {
  Conv2DTranspose: transposed,
  Convolution2DTranspose: transposed,
  Deconvolution2D: transposed,
};
