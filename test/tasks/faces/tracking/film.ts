// Videos of the fixtures as frames in memory, for tests that run tracking on what the real models see.
import { decodeImage } from '../../../../pipeline/images/decode-image.js';
import type { FaceModels } from '../../../../pipeline/tasks/faces/face-lane.js';
import type { FaceItem, FoundFace } from '../../../../pipeline/tasks/faces/face-items.js';
import { inputSize } from '../../../../pipeline/images/model-input.js';
import { wholeFrameGeometry, writeWholeFrame } from '../../../../pipeline/images/resample.js';
import type { ImageInput } from '../../../../models/family.js';
import { videoFrames } from '../../../../clients/video/video-frames.js';
import { freshCost } from '../../../pipeline/frames.js';

export interface FilmFrame {
  readonly index: number;
  readonly atMs: number;
  readonly width: number;
  readonly height: number;
  readonly jpeg: Uint8Array;
  readonly faces: readonly FoundFace[];
  face(found: FoundFace, want: FaceItem['want']): FaceItem;
}

/** The frames of a video, all or so many of each second, with the faces found in them, weak ones too. */
export async function* film(path: string, models: FaceModels, input: ImageInput, fps?: number): AsyncGenerator<FilmFrame> {
  const tensor = new SharedArrayBuffer(inputSize(input) * 4);
  let index = 0;
  for await (const { image, timeMs } of videoFrames(path, { fps })) {
    const decoded = await decodeImage(new Uint8Array(image), null, 100_000_000);
    if ('code' in decoded) throw new Error(decoded.message);
    const { width, height, pixels } = decoded;
    const picture = { data: new Uint8Array(pixels), width, height };
    writeWholeFrame(picture, input, new Float32Array(tensor));
    const geometry = wholeFrameGeometry(picture, input);
    const [faces = []] = await models.detect([{ input: tensor, width, height, geometry }], freshCost());
    yield {
      index: index++,
      atMs: timeMs,
      width,
      height,
      jpeg: image,
      faces,
      face: (face, want) => ({ pixels, width, height, face, want }),
    };
  }
}
