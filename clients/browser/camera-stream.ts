// A camera of the browser as a stream of the service: frames within the credits, results with the frames they belong to.
import type { SendChoice } from '../../protocol/messages.js';
import type { Task } from '../../protocol/payloads.js';
import { Emitter } from '../emitter.js';
import type { CameraState, CameraStats, CameraStreamEvents, CameraStreamOptions, CapturedFrame } from './camera-options.js';

export declare class CameraStream<T extends Task = 'faces'> extends Emitter<CameraStreamEvents<T>> {
  /**
   * Asks for the camera, connects, and begins to send.
   *
   * @throws CameraError · ConnectionError · ServerError · the signal's reason
   */
  static open<T extends Task = 'faces', S extends SendChoice = 'both'>(
    options?: CameraStreamOptions<T, S>,
  ): Promise<CameraStream<T>>;
  /** Shows the moving picture; put it on the page, or leave it. */
  readonly video: HTMLVideoElement;
  /** Id of the stream at the service. */
  readonly id: string;
  get state(): CameraState;
  get stats(): CameraStats;
  /** The frame that a result belongs to, while it is among the last few. */
  frameOf(seq: number): CapturedFrame | undefined;
  pause(): void;
  resume(): void;
  /** Lets the camera go and closes the stream; its frames in hand are answered first. May be called again. */
  close(): Promise<void>;
}
