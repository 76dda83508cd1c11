// One frame searched for faces: detection in the whole of it or in its tiles, then what is wanted of each face. Whoever follows
// faces from frame to frame guides it.
import type { AttributeName, FaceAttributes } from '../../../protocol/payloads.js';
import type { ImageInput } from '../../../models/family.js';
import type { DecodedFrame, FrameInput, FrameJob, Worked } from '../../frames/frame-job.js';
import { mergedDetections } from '../../frames/tiles.js';
import type { FrameView } from '../../images/frame-view.js';
import type { StageCall } from '../../lanes/stage.js';
import {
  ATTRIBUTE,
  DESCRIBE,
  DETECT,
  MAX_FACES_PER_FRAME,
  type FaceAnswer,
  type FaceItem,
  type FoundFace,
} from './face-items.js';
import { withoutParts } from './nested-faces.js';

export interface DescribedFace {
  readonly face: FoundFace;
  readonly answer: FaceAnswer;
}
/** The faces of a frame, best first. */
export type Faces = readonly DescribedFace[];
export type WorkedFaces = Worked<Faces>;

/** Which faces of a frame are asked for. */
export interface FacesAsked {
  /** `[x, y, w, h]` in 0..1: faces whose centre lies outside are left out. */
  readonly region?: readonly [number, number, number, number];
  /** Faces whose longer side is less are left out, pixels of the frame. */
  readonly minFacePx?: number;
  /** What is to be told of each face beside who it is. */
  readonly attributes?: readonly AttributeName[];
}

/** Somebody who remembers earlier frames and decides what this one's faces are worth. */
export interface FrameGuide {
  /** Whether a glance at the frame may do. Asked once, when it goes to work. */
  readonly mayCarry: boolean;
  /**
   * The faces of earlier frames where they are in this one, without looking for them; null where it has to be looked at.
   * It may wait for the frames before this one, never for those after.
   * @param view its brightness alone
   * @param isWanted whether a face there is one that was asked for
   */
  carry(view: FrameView, isWanted: (face: FoundFace) => boolean): Promise<Faces | null>;
  /**
   * Which of the faces go on, and what is wanted of each. It may wait as `carry` may.
   * @param faces also those below the detection threshold
   */
  choose(faces: readonly FoundFace[], view: FrameView): Promise<readonly ChosenFace[]>;
  /** Looks at the faces while their pixels are still there. */
  described(faces: Faces, view: FrameView): void;
}
export type ChosenFace = Pick<FaceItem, 'face' | 'want' | 'expectedPoints'> & {
  /** Whether what was asked for beside who it is, is to be found out by this frame. */
  readonly wantsAttributes?: boolean;
};

export interface DetectionSettings {
  /** Of the detector. */
  readonly input: ImageInput;
  /** Least score of a face where no guide chooses. */
  readonly detectionScore: number;
  /** Of two faces that overlap by more than this in two tiles of a picture, one is left. */
  readonly nmsIou: number;
}

export class FaceJob implements FrameJob<Faces> {
  readonly inputs: readonly FrameInput[];
  readonly #settings: DetectionSettings;
  readonly #asked: FacesAsked;
  readonly #want: FaceItem['want'] | FrameGuide;

  /** @param want what is wanted of each face, or who chooses */
  constructor(settings: DetectionSettings, asked: FacesAsked, want: FaceItem['want'] | FrameGuide) {
    this.inputs = [{ kind: 'image', spec: settings.input, mayTile: true }];
    this.#settings = settings;
    this.#asked = asked;
    this.#want = want;
  }

  get mayGlance(): boolean {
    return typeof this.#want !== 'string' && this.#want.mayCarry;
  }

  async glance(view: FrameView): Promise<Faces | null> {
    if (typeof this.#want === 'string') return null;
    return this.#want.carry(view, (face) => isWanted(face, this.#asked, view));
  }

  async run(frame: DecodedFrame, call: StageCall): Promise<Faces> {
    const { width, height, pixels } = frame;
    const detected = withoutParts(await this.#detect(frame, call), this.#settings.detectionScore);
    const chosen = await this.#choose(
      detected.filter((face) => isWanted(face, this.#asked, frame)),
      frame,
    );
    const items = chosen.map(({ face, want, expectedPoints }): FaceItem => ({
      pixels,
      width,
      height,
      face,
      want,
      expectedPoints,
    }));
    const answers = await call(DESCRIBE, items);
    // Not beside it: were one of the two to fail, the pixels would be given back while the other reads them.
    const attributes = await this.#attributes(chosen, frame, call);
    const faces = chosen.map((one, index) => {
      const told = attributes.get(one);
      return { face: one.face, answer: { ...(answers[index] ?? { points: [] }), ...(told && { attributes: told }) } };
    });
    if (typeof this.#want !== 'string') this.#want.described(faces, frame);
    return faces;
  }

  async #attributes(
    chosen: readonly ChosenFace[],
    { pixels, width, height }: DecodedFrame,
    call: StageCall,
  ): Promise<ReadonlyMap<ChosenFace, FaceAttributes>> {
    const { attributes: names = [] } = this.#asked;
    const wanted = names.length === 0 ? [] : chosen.filter(({ wantsAttributes }) => wantsAttributes);
    if (wanted.length === 0) return new Map();
    const told = await call(
      ATTRIBUTE,
      wanted.map(({ face }) => ({ pixels, width, height, face, names })),
    );
    return new Map(wanted.map((face, index) => [face, told[index] ?? {}]));
  }

  /** The faces of the whole picture, or of its tiles as those of the whole. */
  async #detect({ width, height, inputs: [written = []] }: DecodedFrame, call: StageCall): Promise<readonly FoundFace[]> {
    if (written.length === 0) throw new Error('a frame that is looked at has a detector input');
    const items = written.map(({ memory, offset, geometry }) => ({ input: memory, offset, geometry, width, height }));
    const found = await call(DETECT, items);
    if (written.length === 1) return found[0] ?? [];
    const tiles = written.map(({ part }) => part);
    return mergedDetections(tiles, found, this.#settings.nmsIou, MAX_FACES_PER_FRAME);
  }

  async #choose(faces: readonly FoundFace[], view: FrameView): Promise<readonly ChosenFace[]> {
    const want = this.#want;
    if (typeof want !== 'string') return want.choose(faces, view);
    return faces
      .filter(({ score }) => score >= this.#settings.detectionScore)
      .map((face) => ({ face, want, wantsAttributes: true }));
  }
}

/** Whether a face is large enough, and where it was asked for. */
export function isWanted(
  face: FoundFace,
  { minFacePx, region }: FacesAsked,
  { width, height }: Pick<FrameView, 'width' | 'height'>,
): boolean {
  if (minFacePx !== undefined && Math.max(face.x2 - face.x1, face.y2 - face.y1) < minFacePx) return false;
  if (region === undefined) return true;
  const [left, top, w, h] = region;
  const x = (face.x1 + face.x2) / 2 / width;
  const y = (face.y1 + face.y2) / 2 / height;
  return x >= left && x <= left + w && y >= top && y <= top + h;
}
