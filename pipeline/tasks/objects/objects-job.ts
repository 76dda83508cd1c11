// Objects looked for in one frame: in the whole of it, or in one region.
import type { ServedModel } from '../../../models/served/served-model.js';
import type { DecodedFrame, FrameInput, FrameJob, FrameRegion, WrittenInput } from '../../frames/frame-job.js';
import type { Stage, StageCall } from '../../lanes/stage.js';
import type { FoundObject, ObjectItem } from './object-items.js';

export class ObjectsJob implements FrameJob<readonly FoundObject[]> {
  readonly mayGlance = false;
  readonly inputs: readonly FrameInput[];
  readonly #stage: Stage<ObjectItem, readonly FoundObject[]>;

  /** @param region null for the whole frame */
  constructor({ input }: ServedModel, stage: Stage<ObjectItem, readonly FoundObject[]>, region: FrameRegion | null) {
    this.inputs = [{ kind: 'tensor', spec: input, regions: region === null ? null : [region] }];
    this.#stage = stage;
  }

  glance(): Promise<null> {
    return Promise.resolve(null);
  }

  /** @returns in pixels of the frame, best first */
  async run({ inputs: [written = []], width, height }: DecodedFrame, call: StageCall): Promise<readonly FoundObject[]> {
    const [part] = written;
    if (part === undefined) return [];
    const [found = []] = await call(this.#stage, [part]);
    return found.map((object) => inFrame(object, part, width, height)).filter(({ x1, y1, x2, y2 }) => x2 > x1 && y2 > y1);
  }
}

/** From pixels of the input to those of the frame, cut at its edges. */
function inFrame(object: FoundObject, { geometry }: WrittenInput, width: number, height: number): FoundObject {
  const { scaleX, scaleY, offsetX, offsetY } = geometry;
  const x = (value: number): number => Math.min(Math.max(value * scaleX + offsetX, 0), width);
  const y = (value: number): number => Math.min(Math.max(value * scaleY + offsetY, 0), height);
  return { ...object, x1: x(object.x1), y1: y(object.y1), x2: x(object.x2), y2: y(object.y2) };
}
