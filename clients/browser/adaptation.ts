export interface CaptureSettings {
  /** Frames a second. */
  readonly fps: number;
  readonly widthPx: number;
  /** 0..1, of the JPEG. */
  readonly quality: number;
}
export type LimitedBy = 'nothing' | 'service' | 'network';
