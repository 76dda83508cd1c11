// Where the windows of convolutions and pooling lie, as TensorFlow has it: with `same` the output is the input's length divided by
// the stride, rounded up, and what padding that takes is shared out with the odd one after the picture.

export interface Windows {
  readonly output: readonly [number, number];
  /** Top, left, bottom, right, as ONNX lists them. */
  readonly pads: readonly [number, number, number, number];
}

export type Pair = readonly [number, number];

/** Output size and padding; a size under 1 where the picture is smaller than a window. */
export function windows(size: Pair, window: Pair, strides: Pair, dilation: Pair, padding: 'same' | 'valid'): Windows {
  const [height, width] = [0, 1].map((side) =>
    along(size[side] ?? 0, window[side] ?? 0, strides[side] ?? 1, dilation[side] ?? 1, padding),
  ) as [Side, Side];
  return { output: [height.output, width.output], pads: [height.before, width.before, height.after, width.after] };
}

interface Side {
  readonly output: number;
  readonly before: number;
  readonly after: number;
}

function along(length: number, window: number, stride: number, dilation: number, padding: 'same' | 'valid'): Side {
  const reach = reachOf(window, dilation);
  if (padding === 'valid') return { output: Math.floor((length - reach) / stride) + 1, before: 0, after: 0 };
  const output = Math.ceil(length / stride);
  return { output, ...samePadding(length, output, reach, stride) };
}

/** Padding on either side of `length` for windows that reach so far. */
export function samePadding(length: number, outputs: number, reach: number, stride: number): { before: number; after: number } {
  const total = Math.max(0, (outputs - 1) * stride + reach - length);
  const before = Math.floor(total / 2);
  return { before, after: total - before };
}

/** How many pixels a window spans, gaps between its taps included. */
export function reachOf(window: number, dilation: number): number {
  return (window - 1) * dilation + 1;
}
