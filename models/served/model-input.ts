// What a served model is fed: as its manifest says, and what it does not say as the graph tells. Pure.
import type { GraphDescription, GraphValue } from '../graph/describe.js';
import { ModelError } from '../model-error.js';
import { channelCount, type TensorInput } from '../tensor-input.js';
import { scalingNamed } from './preprocessing.js';
import type { InputSettings } from './served-manifest.js';
import type { ServedTask } from './served-model.js';

const DTYPES: Readonly<Record<string, TensorInput['dtype']>> = { float: 'float32', uint8: 'uint8', int8: 'int8' };

/**
 * @param fallback size of pictures where neither the graph nor the settings say one
 * @throws ModelError `BAD_MODEL` where the graph takes no pictures, `BAD_MANIFEST` where something must be said or contradicts it
 */
export function modelInput(
  description: GraphDescription,
  settings: InputSettings,
  task: ServedTask,
  label: string,
  fallback: { readonly width?: number; readonly height?: number } = {},
): TensorInput {
  const value = chosenInput(description.inputs, settings.name, label);
  const dtype = DTYPES[value.dtype];
  if (dtype === undefined) {
    throw new ModelError('BAD_MODEL', `${label} takes "${value.name}" as ${value.dtype}, where float, uint8 or int8 is expected`);
  }
  const { dims } = value;
  if (dims?.length !== 4) {
    const has = dims === null ? 'no shape' : `${dims.length} dimensions (${shownDims(dims)})`;
    throw new ModelError('BAD_MODEL', `${label} takes an input of ${has}, where pictures in a batch are four`);
  }
  const layout = settings.layout ?? layoutOf(dims, label);
  const [depth, height, width] = layout === 'nchw' ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  const named = settings.preprocessing === undefined ? undefined : scalingNamed(settings.preprocessing);
  const channels = channelsOf(depth ?? null, settings, named?.channels, label);
  const count = channelCount({ channels });
  return {
    name: value.name,
    width: sizeOf('width', width ?? null, settings.width, fallback.width, label),
    height: sizeOf('height', height ?? null, settings.height, fallback.height, label),
    layout,
    dtype,
    channels,
    mean: perChannel('mean', settings.mean ?? greyed(named?.mean, count) ?? 0, count, label),
    scale: perChannel('scale', settings.scale ?? greyed(named?.scale, count) ?? 1, count, label),
    resample: settings.resample ?? 'antialias',
    fit: settings.fit ?? (task === 'objects' ? 'letterbox' : 'stretch'),
    fill: settings.fill ?? 0,
  };
}

function chosenInput(inputs: readonly GraphValue[], name: string | undefined, label: string): GraphValue {
  const [first, second] = inputs;
  const chosen = name === undefined ? first : inputs.find((input) => input.name === name);
  const names = inputs.map((input) => `"${input.name}"`).join(', ');
  if (chosen === undefined) throw new ModelError('BAD_MANIFEST', `${label} has no input "${name ?? ''}", only ${names}`);
  if (second !== undefined)
    throw new ModelError(
      'BAD_MODEL',
      `${label} has ${inputs.length} inputs (${names}), where a picture is the only one expected`,
    );
  return chosen;
}

function layoutOf(dims: readonly (number | null)[], label: string): TensorInput['layout'] {
  const isDepth = (size: number | null | undefined): boolean => size === 1 || size === 3;
  const [, first, , last] = dims;
  if (isDepth(first) !== isDepth(last)) return isDepth(first) ? 'nchw' : 'nhwc';
  throw new ModelError(
    'BAD_MANIFEST',
    `${label} takes an input of ${shownDims(dims)}, which does not tell where its channels are: give input.layout`,
  );
}

function channelsOf(
  depth: number | null,
  settings: InputSettings,
  named: 'rgb' | 'bgr' | undefined,
  label: string,
): TensorInput['channels'] {
  const channels = settings.channels ?? (depth === 1 ? 'grey' : (named ?? 'rgb'));
  const count = channelCount({ channels });
  if (depth === null || depth === count) return channels;
  if (settings.channels === undefined)
    throw new ModelError('BAD_MODEL', `${label} takes ${depth} channels, where 1 or 3 are expected`);
  throw new ModelError('BAD_MANIFEST', `${label} takes ${depth} channels, but input.channels is ${channels}, which has ${count}`);
}

function sizeOf(
  side: 'width' | 'height',
  fixed: number | null,
  wanted: number | undefined,
  fallback: number | undefined,
  label: string,
): number {
  const size = fixed ?? wanted ?? fallback;
  if (size === undefined) throw new ModelError('BAD_MANIFEST', `${label} takes pictures of any ${side}: give input.${side}`);
  if (wanted === undefined || wanted === size) return size;
  throw new ModelError('BAD_MANIFEST', `${label} takes pictures of the ${side} ${size}, but input.${side} is ${wanted}`);
}

/** A name's scaling is of three colours; one that treats them alike does for grey. */
function greyed(values: readonly number[] | undefined, count: number): readonly number[] | undefined {
  return values !== undefined && values.length > count ? [values.reduce((sum, value) => sum + value, 0) / values.length] : values;
}

function perChannel(what: string, value: number | readonly number[], count: number, label: string): number[] {
  const values = typeof value === 'number' ? [value] : value;
  const [only] = values;
  if (values.length === 1 && only !== undefined) return Array.from({ length: count }, () => only);
  if (values.length === count) return [...values];
  throw new ModelError('BAD_MANIFEST', `${label} takes ${count} channels, but input.${what} has ${values.length} numbers`);
}

function shownDims(dims: readonly (number | null)[]): string {
  return dims.map((size) => size ?? '?').join('x');
}
