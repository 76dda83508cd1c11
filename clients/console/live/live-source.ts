// What the live view shows, whatever it comes from: frames with their answers, how it is, and figures. Types alone.
import type { LimitedBy } from '../../browser/adaptation.js';
import type { StreamState } from '../../../protocol/streams.js';
import type { LiveResult } from './live-result.js';

/** A frame and what was answered to it: drawn together or not at all. */
export interface LiveFrame {
  readonly seq: number;
  /** Valid for the next few frames only. */
  readonly image: ImageBitmap;
  readonly result: LiveResult;
  /** From sending to hearing the answer, where it was this page that sent. */
  readonly roundTripMs: number | undefined;
}

export type LiveState =
  | { readonly is: 'asking' | 'opening' | 'live' | 'paused' | 'hidden' | 'reconnecting' | 'closed' }
  /** A registered camera that gives no pictures, and why. */
  | { readonly is: 'away'; readonly state: StreamState; readonly reason: string | null }
  | { readonly is: 'failed'; readonly error: unknown };

export interface LiveFigures {
  /** Frames a second that were answered. */
  readonly fps: number;
  /** Frames that were dropped, of the last two seconds and since it was opened. */
  readonly droppedLately: number;
  readonly dropped: number;
  /** Of those that this page sends; a registered camera's are the service's own. */
  readonly sending?: {
    readonly credits: number;
    readonly unanswered: number;
    readonly roundTripMs: number;
    readonly widthPx: number;
    /** What the camera has, as far as it may be sent. */
    readonly cameraWidthPx: number;
    readonly quality: number;
    readonly limitedBy: LimitedBy;
  };
}

export interface LiveListener {
  onFrame(frame: LiveFrame): void;
  onState(state: LiveState): void;
}

export interface LiveSource {
  /** Id of the stream at the service. */
  readonly stream: string;
  /** The moving picture beneath the answered ones, where there is one. */
  readonly video: HTMLVideoElement | undefined;
  readonly figures: LiveFigures;
  close(): Promise<void>;
}

/** What the user chose to see. */
export type Choice =
  | { readonly kind: 'camera'; readonly deviceId?: string }
  | { readonly kind: 'stream'; readonly id: string }
  | { readonly kind: 'file'; readonly file: File };
