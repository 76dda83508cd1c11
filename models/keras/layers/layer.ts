// What a group of layers has to give: for each of its class names, how one call of such a layer becomes operators of ONNX.
import { z } from 'zod';
import { checked, faultAt, type KerasFault, type Path } from '../bad-model.js';
import { pictureShape, type OnnxBuilder, Value } from '../onnx-builder.js';
import type { LayerWeights } from '../weights.js';

/** Something that a layer is called with. */
export type Operand = Value | number | readonly number[];

/** A net's first steps, where they are of the kind that a picture is prepared by. */
export type Preprocessing =
  | { readonly kind: 'rescaling'; readonly scale: readonly number[]; readonly offset: readonly number[] }
  | { readonly kind: 'normalization'; readonly mean: readonly number[]; readonly variance: readonly number[] }
  | { readonly kind: 'resizing'; readonly height: number; readonly width: number };

export interface LayerCall {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly path: Path;
  readonly operands: readonly Operand[];
  readonly weights: LayerWeights;
  readonly graph: OnnxBuilder;
  /** 2 or 3: some functions of the same name are other ones since. */
  readonly kerasMajor: number;
  /** Called by layers that prepare the net's own input. */
  readonly tellPreprocessing: (step: Preprocessing) => void;
}

/** @throws KerasFault where the layer is used in a way that cannot be converted */
export type ConvertLayer = (call: LayerCall) => Value;

/** What each file of this folder exports as `layers`. */
export type LayerGroup = Readonly<Record<string, ConvertLayer>>;

export function fault({ path, className }: LayerCall, what: string): KerasFault {
  return faultAt(path, className, what);
}

/** The one value that most layers take. @throws KerasFault */
export function input(call: LayerCall): Value {
  const [value, ...others] = call.operands;
  if (!(value instanceof Value) || others.length > 0) throw fault(call, 'takes one input, and is given another number of them');
  return value;
}

/** The one picture that layers of two dimensions take: height, width and channels. @throws KerasFault */
export function picture(call: LayerCall): { readonly value: Value; readonly shape: readonly [number, number, number] } {
  const value = input(call);
  if (value.shape.length !== 3) throw fault(call, `takes a picture, and is given ${value.shape.join('x') || 'a single number'}`);
  return { value, shape: pictureShape(value.shape) };
}

/** The part of the configuration that a layer needs. @throws KerasFault */
export function configOf<T>(call: LayerCall, schema: z.ZodType<T>): T {
  return checked(schema, call.config, (what) => fault(call, what));
}

const MOST_LENGTH = 1 << 20;
export const count = z.int().min(1).max(MOST_LENGTH);
const length = z.int().min(0).max(MOST_LENGTH);

/** Height and width, written as two numbers or as one for both. */
export const pair = z.union([z.tuple([count, count]), count.transform((both): [number, number] => [both, both])]);
/** How much at the top, bottom, left and right, in the ways of ZeroPadding2D and Cropping2D. */
export const sides = z.union([
  z.tuple([z.tuple([length, length]), z.tuple([length, length])]),
  z.tuple([length, length]).transform(([h, w]): [[number, number], [number, number]] => [
    [h, h],
    [w, w],
  ]),
  length.transform((all): [[number, number], [number, number]] => [
    [all, all],
    [all, all],
  ]),
]);
export const padding = z.enum(['valid', 'same']);
/** Channels come last in all of them; none that keeps them first could be trained on a CPU. */
export const channelsLast = z
  .string()
  .nullish()
  .refine((format) => format !== 'channels_first', { error: 'channels_first is not supported' });
/** One axis, which some versions put into a list. */
export const axis = z.union([z.int(), z.tuple([z.int()]).transform(([only]) => only)]);

/** Counts an axis of Keras (batch first, negative from the end) among the dimensions of a value. @throws KerasFault */
export function dimensionOf(call: LayerCall, axis: number, rank: number): number {
  const dimension = axis < 0 ? axis + rank : axis - 1;
  if (dimension < 0 || dimension >= rank) throw fault(call, `has the axis ${axis}, which its input has not`);
  return dimension;
}
