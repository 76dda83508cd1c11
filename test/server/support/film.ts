// Frames of a video as a camera client would send them.
import { videoFrames } from '../../../clients/video/video-frames.js';

/** The first frames of a video as JPEG. */
export async function filmFrames(path: string, count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const { image } of videoFrames(path)) {
    frames.push(image);
    if (frames.length === count) break;
  }
  return frames;
}
