// Pictures made larger or smaller. As TensorFlow 2 does, pixels are taken to lie at their centres, and nothing is smoothed before.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { channelsLast, configOf, count, fault, pair, picture, type LayerCall, type LayerGroup } from './layer.js';
import { sliced } from './padding-and-cropping.js';

const interpolation = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['nearest', 'bilinear'], { error: 'only nearest and bilinear are known' }));
const upSamplingConfig = z.object({
  size: pair.default([2, 2]),
  interpolation: interpolation.default('nearest'),
  data_format: channelsLast,
});
const resizingConfig = z.object({
  height: count,
  width: count,
  interpolation: interpolation.default('bilinear'),
  crop_to_aspect_ratio: z.boolean().nullish(),
  pad_to_aspect_ratio: z.literal(false, { error: 'padding is not supported' }).nullish(),
  antialias: z.literal(false, { error: 'smoothing is not supported' }).nullish(),
  data_format: channelsLast,
});

function resized(
  { graph, path }: LayerCall,
  value: Value,
  [height, width]: readonly [number, number],
  interpolation: 'nearest' | 'bilinear',
  isRaw: boolean,
): Value {
  const [rows = 0, columns = 0, channels = 0] = value.shape;
  // Sizes of these two dimensions alone would be plainer, but the runtime's optimiser takes them for those of all four.
  const scales = [1, 1, scaleTo(height, rows), scaleTo(width, columns)];
  const inputs = [graph.inChannelsFirst(value), '', graph.numbers(path, 'scales', scales)];
  const name = graph.node('Resize', path, inputs, {
    mode: interpolation === 'nearest' ? 'nearest' : 'linear',
    coordinate_transformation_mode: 'half_pixel',
    nearest_mode: 'round_prefer_ceil',
  });
  return graph.picture(path, name, [height, width, channels], isRaw);
}

/** As a float32, and not so little too small that the runtime would round the length down. */
function scaleTo(length: number, from: number): number {
  const scale = Math.fround(length / from);
  return Math.fround(scale * from) < length || scale * from < length ? Math.fround(scale * (1 + 2 ** -23)) : scale;
}

function upSampling(call: LayerCall): Value {
  const { value, shape } = picture(call);
  const { size, interpolation } = configOf(call, upSamplingConfig);
  return resized(call, value, [shape[0] * size[0], shape[1] * size[1]], interpolation, false);
}

function resizing(call: LayerCall): Value {
  const { value, shape } = picture(call);
  const config = configOf(call, resizingConfig);
  const { height, width } = config;
  if (value.isRaw) call.tellPreprocessing({ kind: 'resizing', height, width });
  const whole = config.crop_to_aspect_ratio ? middle(call, value, shape, width / height) : value;
  return resized(call, whole, [height, width], config.interpolation, value.isRaw);
}

/** The largest part of that shape, from the middle. */
function middle(
  call: LayerCall,
  value: Value,
  [height, width, channels]: readonly [number, number, number],
  aspect: number,
): Value {
  const [rows, columns] = [Math.min(height, Math.trunc(width / aspect)), Math.min(width, Math.trunc(height * aspect))];
  if (rows < 1 || columns < 1) throw fault(call, `leaves nothing of a picture of ${height}x${width}`);
  const [top, left] = [Math.trunc((height - rows) / 2), Math.trunc((width - columns) / 2)];
  return sliced(call, value, [top, left], [top + rows, left + columns], channels);
}

export const layers: LayerGroup = { UpSampling2D: upSampling, Resizing: resizing };
