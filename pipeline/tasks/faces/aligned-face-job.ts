// A picture that is one face, cut out and aligned by whoever sends it: nothing is searched for, it is embedded as it is.
import type { ImageInput } from '../../../models/family.js';
import type { DecodedFrame, FrameJob } from '../../frames/frame-job.js';
import type { StageCall } from '../../lanes/stage.js';
import { DESCRIBE, type FaceAnswer, type FoundFace } from './face-items.js';

export class AlignedFaceJob implements FrameJob<FaceAnswer> {
  readonly mayGlance = false;
  readonly inputs = [];
  readonly #template: readonly number[];
  readonly #input: Pick<ImageInput, 'width' | 'height'>;

  /** @param template x, y, … of the points in the embedder's input, where an aligned face has its own */
  constructor(template: readonly number[], input: Pick<ImageInput, 'width' | 'height'>) {
    this.#template = template;
    this.#input = input;
  }

  glance(): Promise<null> {
    return Promise.resolve(null);
  }

  async run({ pixels, width, height }: DecodedFrame, call: StageCall): Promise<FaceAnswer> {
    const [across, down] = [width / this.#input.width, height / this.#input.height];
    const points = this.#template.map((value, at) => value * (at % 2 === 0 ? across : down));
    const face: FoundFace = { x1: 0, y1: 0, x2: width, y2: height, score: 1, points };
    const [answer] = await call(DESCRIBE, [{ pixels, width, height, face, want: 'embedding' }]);
    return answer ?? { points };
  }
}
