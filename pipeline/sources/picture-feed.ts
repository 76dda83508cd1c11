// What an attempt reads its pictures from, whether ffmpeg makes them or the camera sends them ready.
import type { JpegHeader } from '../images/jpeg-header.js';
import type { PictureFormat } from '../../protocol/streams.js';
import type { Failure } from './failure.js';

export interface PictureFeed {
  /** JPEG images, one after the other, cut anywhere. Ends, or fails, when nothing more comes. */
  readonly bytes: AsyncIterable<Buffer>;
  /** The most telling reason so far why no picture comes. */
  readonly failure: Failure | null;
  /**
   * Whether video has come since this was last asked, also such as makes no picture by itself; null where it cannot be
   * told (over UDP packets go past this process).
   */
  hasReceived(): boolean | null;
  /** Tells once when there is no use in letting it run on. */
  onFatal(tell: (failure: Failure) => void): void;
  /** Tells whenever the camera says that its picture has not changed: it lives, with no new picture. */
  onAlive(tell: () => void): void;
  /** Whether it is the address of a still, asked for again and again; null while that is not known. */
  readonly isStill: boolean | null;
  /** How long between two pictures is nothing unusual for it, in ms; 0: nothing is known of that. */
  readonly quietMs: number;
  /** What is sent, as far as is known by the first picture. */
  format(header: JpegHeader | null): PictureFormat | null;
  /** When nothing of it is left; `true` where it came to its regular end. Never rejects. */
  readonly ended: Promise<boolean>;
  /** Ends it. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}
