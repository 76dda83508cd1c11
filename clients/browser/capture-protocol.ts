// What the page and the worker that takes pictures say to each other.
import type { Picture } from './capture.js';

/** The page's first message: where the pictures come from. Chromium moves the stream of frames, Safari the track itself. */
export type CaptureStart =
  | { readonly t: 'start'; readonly frames: ReadableStream<VideoFrame> }
  | { readonly t: 'start'; readonly track: MediaStreamTrack };

/** Asks for the newest picture; one answer each. */
export interface CaptureTake {
  readonly t: 'take';
  /** Longer side of the picture that is wanted. */
  readonly sidePx: number;
  readonly quality: number;
}
export type CaptureRequest = CaptureStart | CaptureTake;

export type CaptureReply =
  /** It can do it here. */
  | { readonly t: 'started' }
  /** It cannot: another way has to be taken. */
  | { readonly t: 'unable' }
  | ({ readonly t: 'picture' } & Picture)
  /** The source has ended: there will be no other picture. */
  | { readonly t: 'ended' };

/** Not in every browser, and so not in the compiler's library: https://www.w3.org/TR/mediacapture-transform/ */
export interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
export type TrackProcessorConstructor = new (init: { readonly track: MediaStreamTrack }) => TrackProcessor;

/** The browser's constructor, on the page or in a worker; undefined where it has none. */
export function trackProcessor(): TrackProcessorConstructor | undefined {
  return (globalThis as { MediaStreamTrackProcessor?: TrackProcessorConstructor }).MediaStreamTrackProcessor;
}
