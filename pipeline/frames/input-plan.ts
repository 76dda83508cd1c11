// How an input that a job asks for is written: of which parts of the frame, how large each is, and by whom.
import type { Rect } from '../geometry/box.js';
import { inputSize } from '../images/model-input.js';
import { tileGeometry, writeTile, type InputGeometry, type Picture } from '../images/resample.js';
import { tensorBytes, tensorIn, writeTensor } from '../images/write-tensor.js';
import type { FrameInput, FrameRegion } from './frame-job.js';
import { tilesOf } from './tiles.js';

export interface InputPlan {
  /** In pixels of the frame. */
  readonly parts: readonly Rect[];
  /** Of each, a multiple of 4. */
  readonly bytes: number;
  /** @param offset where it begins, bytes */
  readonly write: (part: Rect, memory: SharedArrayBuffer, offset: number) => InputGeometry;
}

const BYTES_PER_FLOAT = 4;

export function inputPlan(picture: Picture, input: FrameInput): InputPlan {
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  if (input.kind === 'image') {
    const { spec, mayTile } = input;
    const size = inputSize(spec);
    return {
      parts: mayTile ? tilesOf(picture, spec) : [whole],
      bytes: size * BYTES_PER_FLOAT,
      write: (part, memory, offset) => {
        writeTile(picture, part, spec, new Float32Array(memory, offset, size));
        return tileGeometry(part, spec);
      },
    };
  }
  const { spec, regions } = input;
  return {
    parts: regions === null ? [whole] : regions.map((region) => cutAtEdges(region, picture)),
    // Whatever comes behind begins where numbers of any type may.
    bytes: Math.ceil(tensorBytes(spec) / BYTES_PER_FLOAT) * BYTES_PER_FLOAT,
    write: (part, memory, offset) => writeTensor(picture, part, spec, tensorIn(memory, offset, spec)),
  };
}

/** What of a region lies in the picture, a pixel at least: one beyond an edge is the edge's last pixel. */
function cutAtEdges({ left, top, width, height, isShare = false }: FrameRegion, picture: Picture): Rect {
  const [x, across] = cutAxis(left, width, isShare ? picture.width : 1, picture.width);
  const [y, down] = cutAxis(top, height, isShare ? picture.height : 1, picture.height);
  return { left: x, top: y, width: across, height: down };
}

function cutAxis(start: number, length: number, scale: number, size: number): readonly [start: number, length: number] {
  const from = Math.min(Math.max(0, start * scale), size - 1);
  const to = Math.min(Math.max(from + 1, (start + length) * scale), size);
  return [from, to - from];
}
