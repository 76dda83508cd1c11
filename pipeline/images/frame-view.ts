// A decoded frame, as whoever looks at its pixels has it.

/** `pixels` are memory that is used again: they may be read until the call that hands them over returns, or what it promises. */
export interface FrameView {
  readonly width: number;
  readonly height: number;
  /** A byte a channel, row by row; may be larger than needed. */
  readonly pixels: SharedArrayBuffer;
  /** 3 for RGB, 1 for the brightness alone that a glance has. */
  readonly channels: 1 | 3;
}
