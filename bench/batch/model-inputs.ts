// What each model of a pack is given in the pipeline, made from real frames: whole frames, squares around the faces that are
// found in them, and those faces aligned.
import { loadFamily } from '../../models/family-registry.js';
import type { PreparedModel, PreparedPack } from '../../models/prepared.js';
import { fitSimilarity, writeAligned } from '../../pipeline/tasks/faces/align.js';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import type { JobCost } from '../../pipeline/lanes/lane-task.js';
import { FaceModels } from '../../pipeline/tasks/faces/face-lane.js';
import { inputSize } from '../../pipeline/images/model-input.js';
import { wholeFrameGeometry, writeSquareCrop, writeWholeFrame } from '../../pipeline/images/resample.js';
import { loadReels } from '../material/reel.js';

export interface ModelInputs {
  readonly model: PreparedModel;
  /** Tensors of one item each. */
  readonly items: readonly Float32Array[];
}

const MAX_PIXELS = 33_177_600;
/** Enough that no batch is all the same face. */
const MOST_FRAMES = 40;

/** @param folder of the material @throws Error when there is no face in it */
export async function modelInputs(pack: PreparedPack, folder: string): Promise<ModelInputs[]> {
  const { detector, landmarks, embedder, thresholds } = pack;
  const cropScale = landmarks === undefined ? 1 : (await loadFamily(landmarks.family, 'landmarks')).cropScale;
  const template = embedder === undefined ? [] : (await loadFamily(embedder.family, 'embedder')).template;
  const models = await FaceModels.open(
    { pack, gallery: null, ...thresholds },
    { provider: 'cpu', intraOpThreads: 1, ladder: [1] },
  );
  const whole: Float32Array[] = [];
  const squares: Float32Array[] = [];
  const aligned: Float32Array[] = [];
  const cost: JobCost = { inferMs: 0, matchMs: 0, batches: [] };
  try {
    const frames = (await loadReels(folder)).flatMap((reel) => reel.frames).slice(0, MOST_FRAMES);
    for (const frame of frames) {
      const decoded = await decodeImage(frame, null, MAX_PIXELS);
      if ('code' in decoded) throw new Error(decoded.message);
      const { pixels, width, height } = decoded;
      const picture = { data: new Uint8Array(pixels), width, height };
      const input = new SharedArrayBuffer(inputSize(detector.input) * Float32Array.BYTES_PER_ELEMENT);
      writeWholeFrame(picture, detector.input, new Float32Array(input));
      whole.push(Float32Array.from(new Float32Array(input)));
      const [found = []] = await models.detect(
        [{ input, width, height, geometry: wholeFrameGeometry(picture, detector.input) }],
        cost,
      );
      const points = await models.describe(
        found.map((face) => ({ pixels, width, height, face, want: 'points' })),
        cost,
      );
      found.forEach((face, index) => {
        if (landmarks !== undefined) {
          const side = Math.max(face.x2 - face.x1, face.y2 - face.y1) * cropScale;
          const item = new Float32Array(inputSize(landmarks.input));
          writeSquareCrop(
            picture,
            (face.x1 + face.x2 - side) / 2,
            (face.y1 + face.y2 - side) / 2,
            side,
            landmarks.input,
            item,
            0,
          );
          squares.push(item);
        }
        if (embedder !== undefined) {
          const item = new Float32Array(inputSize(embedder.input));
          writeAligned(picture, fitSimilarity(template, points[index]?.points ?? []), embedder.input, item, 0);
          aligned.push(item);
        }
      });
    }
  } finally {
    await models.close();
  }
  if (embedder !== undefined && aligned.length === 0) throw new Error('there is no face in the pictures');
  return [
    { model: detector, items: whole },
    ...(landmarks === undefined ? [] : [{ model: landmarks, items: squares }]),
    ...(embedder === undefined ? [] : [{ model: embedder, items: aligned }]),
  ];
}
