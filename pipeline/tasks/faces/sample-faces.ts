// Faces for trials of a machine: said to be in a picture of nobody, so that each frame takes every stage that a camera's would.
import type { SampleKind, SampleTask } from '../../tuning/trial.js';
import { faceLane, type FaceLaneOptions } from './faces.js';
import type { FoundFace } from './face-items.js';
import { FaceJob, type ChosenFace, type Faces, type FrameGuide } from './face-job.js';

const FACE: FoundFace = { x1: 560, y1: 240, x2: 720, y2: 440, score: 1 };
/** Eyes, nose and mouth, upright in the middle of the box. */
const POINTS = [608, 318, 672, 318, 640, 358, 614, 396, 666, 396] as const;

export function sampleFaces(options: FaceLaneOptions): SampleTask {
  const { detector, thresholds } = options.pack;
  // What is found by chance in a picture of nobody is nobody.
  const detection = { input: detector.input, detectionScore: 1, nmsIou: thresholds.nmsIou };
  return {
    lane: faceLane(options),
    frame: (faces, kind, isGlance) => new FaceJob(detection, {}, new SampleGuide(faces, kind, isGlance)),
  };
}

/** Says that faces are in the picture. */
class SampleGuide implements FrameGuide {
  readonly #faces: readonly FoundFace[];
  readonly #kind: SampleKind;
  readonly mayCarry: boolean;

  constructor(faces: number, kind: SampleKind, mayCarry: boolean) {
    this.#faces = Array.from({ length: faces }, () => FACE);
    this.#kind = kind;
    this.mayCarry = mayCarry;
  }

  carry(): Promise<Faces> {
    return Promise.resolve(this.#faces.map((face) => ({ face, answer: { points: POINTS } })));
  }

  choose(): Promise<readonly ChosenFace[]> {
    const isFollowed = this.#kind === 'followed';
    return Promise.resolve(
      this.#faces.map((face) =>
        isFollowed ? { face, want: 'points' as const, expectedPoints: POINTS } : { face, want: 'all' as const },
      ),
    );
  }

  described(): void {
    // There is nobody to be learned about.
  }
}
