// Very wide and very tall pictures in parts for the detector. Its input has one shape: squeezed or shrunk into that, the faces
// of a panorama are found no more, or beside where they are. So such a picture is looked at in parts of a shape that the detector
// can bear, which overlap so that every face lies whole in one of them. Pictures of usual shapes are one part, the whole.
import type { RawDetection } from '../../models/family.js';
import type { Rect } from '../geometry/box.js';
import { suppressOverlaps } from '../geometry/nms.js';

/** A part of a picture, in its pixels. */
export type Tile = Rect;
interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * How many times wider or taller than the detector's input a picture must be to be taken apart. A phone held upright (9:16) is
 * 2.4 times taller than the default pack's input, and 21:9 is 1.8 times wider: both are found well as a whole.
 */
const LEAST_STRETCH = 2.5;
/** How many times wider or taller than the input a part may be. */
const MOST_STRETCH = 2;
/** Of the shorter side: faces up to this wide lie whole in one of two parts. */
const OVERLAP = 0.6;
/** Of any picture: of one that would need more, the parts are longer. */
export const MOST_PARTS = 8;

/** @returns the parts of a picture along its longer side, in order; one that is the whole where its shape asks for nothing else */
export function tilesOf({ width, height }: Size, input: Size): Tile[] {
  const stretch = width / height / (input.width / input.height);
  if (Math.max(stretch, 1 / stretch) <= LEAST_STRETCH) return [{ left: 0, top: 0, width, height }];
  const isWide = stretch > 1;
  const [long, short] = isWide ? [width, height] : [height, width];
  const overlap = OVERLAP * short;
  const longest = (MOST_STRETCH * short * (isWide ? input.width : input.height)) / (isWide ? input.height : input.width);
  const count = Math.min(MOST_PARTS, Math.ceil((long - overlap) / Math.max(longest - overlap, short / 2)));
  const length = Math.min(long, Math.ceil((long + (count - 1) * overlap) / count));
  return Array.from({ length: count }, (_, index) => {
    const start = count === 1 ? 0 : Math.round((index * (long - length)) / (count - 1));
    return isWide ? { left: start, top: 0, width: length, height } : { left: 0, top: start, width, height: length };
  });
}

/** Of a face's own size. */
const PAST_CUT = 0.25;

/**
 * The faces of all parts as those of one picture. Where two parts overlap, the one in which a face is farther from the cut tells of
 * it: the other may see but half of it.
 * @param found the faces of each part, in pixels of the picture
 * @returns best first
 */
export function mergedDetections<T extends RawDetection>(
  parts: readonly Tile[],
  found: readonly (readonly T[])[],
  maxIou: number,
  limit: number,
): readonly T[] {
  const kept = found.flatMap((faces, index) => {
    const fromX = middleOf(parts[index - 1], parts[index], 'left', 'width');
    const fromY = middleOf(parts[index - 1], parts[index], 'top', 'height');
    const toX = middleOf(parts[index], parts[index + 1], 'left', 'width');
    const toY = middleOf(parts[index], parts[index + 1], 'top', 'height');
    return faces.filter(({ x1, y1, x2, y2 }) => {
      const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
      // A little past the cut too: each part sees a face there where the other does not quite.
      const [pastX, pastY] = [(x2 - x1) * PAST_CUT, (y2 - y1) * PAST_CUT];
      return (
        (fromX === null || x >= fromX - pastX) &&
        (fromY === null || y >= fromY - pastY) &&
        (toX === null || x < toX + pastX) &&
        (toY === null || y < toY + pastY)
      );
    });
  });
  // A face on the middle of an overlap is found in both, a little beside itself.
  return suppressOverlaps(kept, maxIou, limit);
}

/** Where the overlap of two parts that follow each other has its middle; null where they do not along this side. */
function middleOf(
  before: Tile | undefined,
  after: Tile | undefined,
  start: 'left' | 'top',
  size: 'width' | 'height',
): number | null {
  if (before === undefined || after === undefined || before[start] === after[start]) return null;
  return (after[start] + before[start] + before[size]) / 2;
}
