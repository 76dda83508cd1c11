// How pictures are taken at present.

export interface CaptureSettings {
  /** Frames a second. */
  readonly fps: number;
  /** Longer side of the picture, by which it is scaled: a phone that is turned sends as many pixels as before. */
  readonly sidePx: number;
  /** The width that this makes for the shape of the pictures at present. */
  readonly widthPx: number;
  /** 0..1, of the JPEG. */
  readonly quality: number;
}
