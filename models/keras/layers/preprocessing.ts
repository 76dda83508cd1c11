// Preparation of the picture that is part of the net. Where it comes first it is told, since a caller must not do it again.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { axis, configOf, dimensionOf, fault, input, type LayerCall, type LayerGroup } from './layer.js';

/** Numbers in any of the ways in which Keras wrote one or some of them down. */
const numbers: z.ZodType<number[]> = z.union([
  z.number().transform((only) => [only]),
  z.array(z.unknown()).transform((all, context) => {
    const flat = all.flat(Infinity);
    if (flat.every((each) => typeof each === 'number')) return flat;
    context.addIssue({ code: 'custom', message: 'expected numbers' });
    return z.NEVER;
  }),
  z.looseObject({ config: z.looseObject({ value: z.array(z.number()) }) }).transform(({ config }) => config.value),
]);

const rescalingConfig = z.object({ scale: numbers, offset: numbers.default([0]) });
const normalizationConfig = z.object({
  axis: z.union([axis.nullable(), z.array(z.int())]).default(-1),
  mean: numbers.nullish(),
  variance: numbers.nullish(),
  invert: z.literal(false, { error: 'is not supported' }).default(false),
});
/** What Keras takes for the least deviation. */
const LEAST_DEVIATION = 1e-7;

function rescaling(call: LayerCall): Value {
  const value = input(call);
  const { scale, offset } = configOf(call, rescalingConfig);
  if (value.isRaw) call.tellPreprocessing({ kind: 'rescaling', scale, offset });
  const scaled = byChannel(call, value, 'Mul', 'scale', scale.length, () => Float32Array.from(scale));
  if (offset.every((each) => each === 0)) return scaled;
  return byChannel(call, scaled, 'Add', 'offset', offset.length, () => Float32Array.from(offset));
}

function normalization(call: LayerCall): Value {
  const { weights } = call;
  const value = input(call);
  const config = configOf(call, normalizationConfig);
  const axes = config.axis === null ? [] : [config.axis].flat().map((each) => dimensionOf(call, each, value.shape.length));
  if (axes.length > 1 || (axes[0] !== undefined && axes[0] !== value.shape.length - 1))
    throw fault(call, 'normalises along another axis than the channels, which is not supported');
  const size = axes.length === 0 ? 1 : (value.shape.at(-1) ?? 1);
  // Numbers of the configuration are not kept as weights.
  const stored = (name: 'mean' | 'variance') => {
    const given = config[name];
    if (given) return () => Float32Array.from(given.length === size ? given : Array<number>(size).fill(given[0] ?? 0));
    return weights.takeOfSize([name], size).read;
  };
  const [mean, variance] = [stored('mean'), stored('variance')];
  if (value.isRaw) call.tellPreprocessing({ kind: 'normalization', mean: [...mean()], variance: [...variance()] });
  const deviation = () => variance().map((each) => Math.max(Math.sqrt(each), LEAST_DEVIATION));
  const centred = byChannel(call, value, 'Sub', 'mean', size, mean);
  return byChannel(call, centred, 'Div', 'deviation', size, deviation);
}

/** An operator with one number, or one for each channel. */
function byChannel(call: LayerCall, value: Value, opType: string, role: string, size: number, read: () => Float32Array): Value {
  const { graph, path } = call;
  if (size !== 1 && size !== value.shape.at(-1)) throw fault(call, `has ${size} numbers for ${value.shape.at(-1) ?? 0} channels`);
  const isTurned = size > 1 && value.channelsFirst !== undefined;
  const constant = graph.floats(path, role, isTurned ? [size, 1, 1] : [size], read);
  return graph.like(path, graph.node(opType, path, [graph.anyOrder(value), constant]), value, value.isRaw);
}

export const layers: LayerGroup = { Rescaling: rescaling, Normalization: normalization };
