// A stream whose faces are followed, as the core has it: its tracks guide the jobs of its frames, and tell what is answered.
import type { Worked } from '../../frames/frame-job.js';
import type { TaskFrame, TaskStream } from '../../streams/task.js';
import { trackedAnswerOf } from './answers.js';
import { FaceJob, isWanted, type DetectionSettings, type Faces, type FacesAsked } from './face-job.js';
import type { Gallery } from './gallery/gallery.js';
import type { TrackedFrame, TrackedStream } from './tracked-stream.js';

export interface FollowedFacesParts {
  readonly tracked: TrackedStream;
  /** Id of the embedder. */
  readonly model: string;
  readonly gallery: Gallery;
  readonly detection: DetectionSettings;
  readonly asked: FacesAsked;
  /** Told before the tracks end. */
  readonly onEnd: () => void;
}

export class FollowedFaces implements TaskStream {
  readonly #parts: FollowedFacesParts;
  #hasEnded = false;

  constructor(parts: FollowedFacesParts) {
    this.#parts = parts;
  }

  begin(atMs: number, bytes: number): TaskFrame<Faces> {
    return this.#frame(this.#parts.tracked.begin(atMs, bytes));
  }

  beginUnseen(
    atMs: number,
    image: Uint8Array,
  ): { readonly frame: TaskFrame<Faces>; readonly worked: Promise<Worked<Faces>> } | null {
    const { tracked, asked } = this.#parts;
    const unseen = tracked.beginUnseen(atMs, image);
    if (unseen === null) return null;
    const { frame, size } = unseen;
    const carried = async (): Promise<Worked<Faces>> => {
      const result = await frame.carryUnseen(size, (face) => isWanted(face, asked, size));
      return { ...size, result, isCarried: true, stages: { decode: 0, preprocess: 0, infer: 0, match: 0 } };
    };
    return { frame: this.#frame(frame), worked: carried() };
  }

  tick(): void {
    this.#parts.tracked.tick();
  }

  end(): Promise<void> {
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#parts.onEnd();
      this.#parts.tracked.end();
    }
    return this.#parts.tracked.told();
  }

  #frame(followed: TrackedFrame): TaskFrame<Faces> {
    const { model, gallery, detection, asked } = this.#parts;
    return {
      job: new FaceJob(detection, asked, followed),
      cacheable: null,
      answer: (worked) => trackedAnswerOf(worked, followed.learn(worked.result), model, gallery),
      abandon: () => followed.abandon(),
    };
  }
}
