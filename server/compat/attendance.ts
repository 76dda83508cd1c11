// `--compat attendance`: a face attendance service around DeepFace. What is known of it are its limits; people come over by
// `onlooker people import-embeddings` and `import-photos`, and attendance is `/v1/presence`.
import type { CompatMode } from './compat-mode.js';
import { ours } from './variables.js';

const LARGEST_PICTURE = 5 * 1024 * 1024;
const LEAST_FACE_PX = 50;
const LEAST_SCORE = 0.65;

export const attendance: CompatMode = () =>
  Promise.resolve({
    environment: ours({
      ONLOOKER_MAX_FRAME_BYTES: LARGEST_PICTURE,
      ONLOOKER_ENROL_MIN_FACE_PX: LEAST_FACE_PX,
      ONLOOKER_ENROL_MIN_SCORE: LEAST_SCORE,
    }),
    given: null,
    routes: () => [],
  });
