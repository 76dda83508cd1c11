// Parts of a face that the detector takes for faces of their own: a lens of spectacles, an ear, a shadow on a chin. They are
// small, they lie on a larger face, and the detector is surer of that one. What is as clear as the larger face is a face,
// however small and wherever it is: a child held before somebody's face, a picture on a shirt.
import type { RawDetection } from '../../../models/family.js';

/** A part is at least so much less sure than the face that it is of; faces that are seen at all well are above .9. */
const LEAST_LEAD = 0.1;
/**
 * How large a part may be, of the area of the face, and how much of it lies on that: a small one at the edge, such as an ear, or
 * a larger one well inside, such as spectacles. A child's face at the same distance is a third of an adult's, and is not inside.
 */
const PARTS = [
  { mostArea: 1 / 6, leastInside: 0.2 },
  { mostArea: 0.4, leastInside: 0.8 },
] as const;
/** For enrolment, where the question is but whether somebody else is in the picture: beside the face counts as on it. */
const BESIDE = { mostArea: 1 / 8, leastInside: 0.8, margin: 0.25 } as const;

const areaOf = ({ x1, y1, x2, y2 }: RawDetection): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

/** How much of a box lies inside of another one that is grown by a margin on each side, 0..1. */
function inside(box: RawDetection, other: RawDetection, margin = 0): number {
  const growX = margin * (other.x2 - other.x1);
  const growY = margin * (other.y2 - other.y1);
  const width = Math.min(box.x2, other.x2 + growX) - Math.max(box.x1, other.x1 - growX);
  const height = Math.min(box.y2, other.y2 + growY) - Math.max(box.y1, other.y1 - growY);
  return width <= 0 || height <= 0 ? 0 : (width * height) / Math.max(areaOf(box), Number.MIN_VALUE);
}

function isLess(box: RawDetection, face: RawDetection, mostArea: number): boolean {
  return box.score <= face.score - LEAST_LEAD && areaOf(box) <= mostArea * areaOf(face);
}

/** Whether a box is rather part of a face than a face. */
export function isPartOf(box: RawDetection, face: RawDetection): boolean {
  return PARTS.some(({ mostArea, leastInside }) => isLess(box, face, mostArea) && inside(box, face) >= leastInside);
}

/** @returns the faces without those that are parts of others; all that are weaker than `leastScore` stay, since they begin nothing */
export function withoutParts<T extends RawDetection>(faces: readonly T[], leastScore: number): readonly T[] {
  return faces.filter((box) => box.score < leastScore || !faces.some((face) => isPartOf(box, face)));
}

/** The same for a picture that is to show one face. */
export function withoutWhatIsBeside<T extends RawDetection>(faces: readonly T[]): readonly T[] {
  const { mostArea, leastInside, margin } = BESIDE;
  return faces.filter((box) => !faces.some((face) => isLess(box, face, mostArea) && inside(box, face, margin) >= leastInside));
}
