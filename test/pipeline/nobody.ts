// A frame that was worked on and shows nobody.
import type { WorkedFrame } from '../../pipeline/frames/frame-engine.js';

export const NOBODY: WorkedFrame = {
  width: 1,
  height: 1,
  faces: [],
  isCarried: false,
  stages: { decode: 1, preprocess: 1, infer: 1, match: 1 },
};
