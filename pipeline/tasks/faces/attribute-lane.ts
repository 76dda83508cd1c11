// The attribute heads of one inference lane: what else is told of a face, from the picture around it. Lives in the lane's thread.
import type { AttributeFamily, FaceCrop } from '../../../models/attributes/attribute-family.js';
import { attributeFamily } from '../../../models/attributes/families.js';
import type { PreparedAttribute } from '../../../models/prepared.js';
import type { FaceAttributes } from '../../../protocol/payloads.js';
import type { Rect } from '../../geometry/box.js';
import { writeTensor } from '../../images/write-tensor.js';
import type { LaneRuntime } from '../../lanes/lane-protocol.js';
import type { JobCost } from '../../lanes/lane-task.js';
import { ModelSession } from '../../lanes/model-session.js';
import { runInRungs } from '../../lanes/run-in-rungs.js';
import { tensorShape } from '../../../models/tensor-input.js';
import type { AttributeItem, FoundFace } from './face-items.js';

type HeadSession = ModelSession<PreparedAttribute>;

interface Head {
  readonly session: HeadSession;
  readonly family: AttributeFamily;
}

export class AttributeHeads {
  readonly sessions: readonly HeadSession[];
  readonly #heads: readonly Head[];

  private constructor(heads: readonly Head[]) {
    this.#heads = heads;
    this.sessions = heads.map(({ session }) => session);
  }

  /** Loads and warms them. @throws when one cannot start; none stays loaded then */
  static async open(models: readonly PreparedAttribute[], runtime: LaneRuntime): Promise<AttributeHeads> {
    const heads: Head[] = [];
    try {
      for (const model of models) {
        const family = attributeFamily(model.family);
        if (family === undefined) throw new Error(`no family ${model.family} of attribute heads`);
        heads.push({ session: await ModelSession.open<PreparedAttribute>(model, runtime), family });
      }
      return new AttributeHeads(heads);
    } catch (error) {
      await Promise.all(heads.map(({ session }) => session.close()));
      throw error;
    }
  }

  /** What was asked for of each face. */
  async tell(items: readonly AttributeItem[], cost: JobCost): Promise<readonly FaceAttributes[]> {
    const told: FaceAttributes[] = items.map(() => ({}));
    const startMs = performance.now();
    for (const { session, family } of this.#heads) {
      const { name, input } = session.model;
      const size = tensorShape(input).reduce((product, side) => product * side, 1);
      const wanted = items.flatMap((item, at) => (item.names.includes(name) ? [{ item, at }] : []));
      await runInRungs(session, wanted, cost, {
        fill: ({ item: { pixels, width, height, face } }, tensor, offset) => {
          const picture = { data: new Uint8Array(pixels), width, height };
          writeTensor(picture, partAround(face, family.crop, picture), input, tensor.subarray(offset, offset + size));
        },
        read: (outputs, index, { at }) => (told[at] = { ...told[at], ...family.decode(outputs, index) }),
      });
    }
    cost.inferMs += performance.now() - startMs;
    return told;
  }

  async close(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.close()));
  }
}

/** Moved to lie inside the picture, and smaller where that is smaller: what lies outside was never seen in training. */
export function partAround(
  { x1, y1, x2, y2 }: Pick<FoundFace, 'x1' | 'y1' | 'x2' | 'y2'>,
  { scale, isSquare }: FaceCrop,
  picture: { readonly width: number; readonly height: number },
): Rect {
  const longer = Math.max(x2 - x1, y2 - y1, 1);
  const wanted = {
    width: scale * (isSquare ? longer : Math.max(1, x2 - x1)),
    height: scale * (isSquare ? longer : Math.max(1, y2 - y1)),
  };
  const less = Math.min(1, picture.width / wanted.width, picture.height / wanted.height);
  const width = wanted.width * less;
  const height = wanted.height * less;
  const inside = (start: number, length: number, size: number): number => Math.min(Math.max(0, start), size - length);
  return {
    left: inside((x1 + x2 - width) / 2, width, picture.width),
    top: inside((y1 + y2 - height) / 2, height, picture.height),
    width,
    height,
  };
}
