// How a picture becomes the input tensor of a served model: plain data, so that it can be handed to any thread as it is.
import type { ImageInput } from './family.js';

export interface TensorInput {
  /** Name of the graph's input. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Order of the tensor's dimensions after the batch. */
  readonly layout: 'nchw' | 'nhwc';
  readonly dtype: 'float32' | 'uint8' | 'int8';
  /** Order of the channels; one channel where it is grey, else three. */
  readonly channels: 'rgb' | 'bgr' | 'grey';
  /**
   * `(value - mean) * scale` of pixel values of 0..255, one number for each channel in the order of `channels`. Whole-number
   * tensors are rounded after that and held within their range.
   */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  /**
   * How a picture is made smaller: `bilinear` looks at four pixels (OpenCV's and TensorFlow's default), `area` averages all that
   * fall into a pixel, `antialias` is bilinear over all of them (PIL's `resize`).
   */
  readonly resample: 'bilinear' | 'area' | 'antialias';
  /** `stretch` changes the aspect, `letterbox` keeps it and leaves room right and below, `crop` keeps it and cuts to the middle. */
  readonly fit: 'stretch' | 'letterbox' | 'crop';
  /** Pixel value, 0..255, of the room that `letterbox` leaves. */
  readonly fill: number;
}

/** How many channels the tensor has. */
export function channelCount({ channels }: Pick<TensorInput, 'channels'>): 1 | 3 {
  return channels === 'grey' ? 1 : 3;
}

/** Sizes of one picture's tensor, without the batch. */
export function tensorShape(
  input: Pick<TensorInput, 'width' | 'height' | 'layout' | 'channels'>,
): readonly [number, number, number] {
  const { width, height, layout } = input;
  return layout === 'nchw' ? [channelCount(input), height, width] : [height, width, channelCount(input)];
}

/** What a family's input is as a tensor's. */
export function tensorInputOf(input: ImageInput): TensorInput {
  const { name, width, height, colour, fit, fill = 0 } = input;
  const each = (value: number): number[] => Array.from({ length: channelCount({ channels: colour }) }, () => value);
  const form = { name, width, height, layout: 'nchw', dtype: 'float32', channels: colour } as const;
  return { ...form, mean: each(input.mean), scale: each(input.scale), resample: 'bilinear', fit, fill };
}
