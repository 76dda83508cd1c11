// Borders put around a picture, and taken off.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { channelsLast, configOf, fault, picture, sides, type LayerCall, type LayerGroup } from './layer.js';

const paddingConfig = z.object({
  padding: sides.default([
    [1, 1],
    [1, 1],
  ]),
  data_format: channelsLast,
});
const croppingConfig = z.object({
  cropping: sides.default([
    [0, 0],
    [0, 0],
  ]),
  data_format: channelsLast,
});

function padded(call: LayerCall): Value {
  const { graph, path } = call;
  const { value, shape } = picture(call);
  const [[top, bottom], [left, right]] = configOf(call, paddingConfig).padding;
  const pads = graph.integers([0, 0, top, left, 0, 0, bottom, right]);
  const name = graph.node('Pad', path, [graph.inChannelsFirst(value), pads], { mode: 'constant' });
  return graph.picture(path, name, [shape[0] + top + bottom, shape[1] + left + right, shape[2]]);
}

function cropped(call: LayerCall): Value {
  const { value, shape } = picture(call);
  const [[top, bottom], [left, right]] = configOf(call, croppingConfig).cropping;
  const [height, width, channels] = shape;
  if (top + bottom >= height || left + right >= width) throw fault(call, `leaves nothing of a picture of ${height}x${width}`);
  return sliced(call, value, [top, left], [height - bottom, width - right], channels);
}

/** The part of a picture from one corner up to the other. */
export function sliced(
  { graph, path }: LayerCall,
  value: Value,
  from: readonly [number, number],
  to: readonly [number, number],
  channels: number,
): Value {
  const inputs = [graph.inChannelsFirst(value), graph.integers(from), graph.integers(to), graph.integers([2, 3])];
  return graph.picture(path, graph.node('Slice', path, inputs), [to[0] - from[0], to[1] - from[1], channels]);
}

export const layers: LayerGroup = { ZeroPadding2D: padded, Cropping2D: cropped };
