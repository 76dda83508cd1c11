// What a page says to and hears from a camera stream: options, events, figures. Types alone.
import type { KeptEvent } from '../../protocol/events.js';
import type { SendChoice } from '../../protocol/messages.js';
import type { Task } from '../../protocol/payloads.js';
import type { OnlookerClient } from '../client.js';
import type { CredentialOptions } from '../credentials.js';
import type { OnlookerClientError } from '../errors.js';
import type { FrameResult } from '../results.js';
import type { StreamOptions } from '../stream.js';
import type { LimitedBy } from './adaptation.js';
import type { CaptureSettings } from './capture-settings.js';

/** Where the pictures come from. */
export type CameraSource =
  /** A camera of this device; without a `deviceId` the one that faces as asked, where there are two. */
  | { readonly kind: 'camera'; readonly deviceId?: string; readonly facingMode?: 'user' | 'environment' }
  /** Any other stream of the browser: a shared screen, a call. It is the caller's to stop. */
  | { readonly kind: 'stream'; readonly stream: MediaStream }
  /** A video of the page. It is the caller's to play. */
  | { readonly kind: 'element'; readonly video: HTMLVideoElement }
  /** A film, e.g. one that was dropped on the page; it is played again and again. */
  | { readonly kind: 'file'; readonly file: Blob };

export interface CameraStreamOptions<T extends Task = Task, S extends SendChoice = SendChoice>
  extends Partial<StreamOptions<T, S>>, CredentialOptions {
  /** Address of the service. Default: where this module was loaded from. */
  readonly url?: string | URL;
  /** A client that is connected already, to share its connection; it stays open when the stream is closed. */
  readonly client?: OnlookerClient;
  /** Default: the camera that faces the user. */
  readonly source?: CameraSource;
  /** Most frames a second that are taken. Default 30. */
  readonly maxFps?: number;
  /** Longer side of the largest frame that is sent, in pixels: its width, or its height where a phone is held upright. Default 1280. */
  readonly maxWidthPx?: number;
  /** Whether nothing is taken while nobody can see the page; a kiosk whose page is behind another says false. Default true. */
  readonly pauseWhenHidden?: boolean;
  /** How long an answer may take before less is sent. Default 250. */
  readonly targetMs?: number;
  /** Ends the attempt to open; has no effect afterwards. */
  readonly signal?: AbortSignal;
}

/**
 * `live`: frames are taken and sent. `paused`: by `pause()`. `hidden`: nobody can see the page. `reconnecting`: the
 * connection broke and comes back by itself. `camera_lost`: the camera is gone; it is opened again when one is plugged in.
 */
export type CameraState = 'live' | 'paused' | 'hidden' | 'reconnecting' | 'camera_lost' | 'closed';

/** A frame that was sent, with its pixels as they were sent, but for the compression. */
export interface CapturedFrame {
  readonly seq: number;
  /** Unix ms at which it was taken. */
  readonly ts: number;
  /** Valid until newer frames push it out of the ring: draw it at once, or copy it. */
  readonly image: ImageBitmap;
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface CameraStreamEvents<T extends Task = Task> {
  /** Every result, in order, with the very frame that it is about (undefined only if the ring has let go of it). */
  result: [result: FrameResult<T>, frame: CapturedFrame | undefined];
  /** Who is in view, told once. */
  event: [event: KeptEvent];
  state: [state: CameraState, before: CameraState];
  /** More or less is sent from now on, and what set the limit. */
  adapted: [settings: CaptureSettings, limitedBy: LimitedBy];
  /** A `CameraError`, or what the service or the connection said; `state` tells whether it goes on. */
  error: [error: OnlookerClientError];
}

export interface CameraStats {
  readonly state: CameraState;
  /** Frames a second that were sent, and answered `ok`, over the last two seconds. */
  readonly sentFps: number;
  readonly answeredFps: number;
  /** How many frames may be unanswered at once, by the service's word; 0 while there is no connection. */
  readonly credits: number;
  readonly unanswered: number;
  /** Most frames that ever were unanswered at once; never over the credits. */
  readonly maxUnanswered: number;
  /** sent = ok + dropped + errors + lost + unanswered, since the stream was opened. */
  readonly sent: number;
  readonly ok: number;
  readonly dropped: number;
  readonly errors: number;
  readonly lost: number;
  /** From a frame's last byte given to the socket to its result, and what of it the service took; 0 before the first. */
  readonly roundTripMs: number;
  readonly serviceMs: number;
  /** Of the frames that are sent now. */
  readonly widthPx: number;
  /** 0..1, as the browser's encoder has it. */
  readonly quality: number;
  /** Frames a second that are aimed at. */
  readonly fps: number;
  readonly limitedBy: LimitedBy;
  /** `worker` where pictures are taken and encoded beside the page's thread. */
  readonly capture: 'worker' | 'page';
}
