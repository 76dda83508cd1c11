// What an attempt reads its pictures from, whether ffmpeg makes them or the camera sends them ready.
import type { JpegHeader } from '../jpeg-header.js';
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
  /** What is sent, as far as is known by the first picture. */
  format(header: JpegHeader | null): PictureFormat | null;
  /** When nothing of it is left; `true` where it came to its regular end. Never rejects. */
  readonly ended: Promise<boolean>;
  /** Ends it. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}
