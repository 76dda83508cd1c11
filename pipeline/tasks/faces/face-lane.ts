// The models of faces in one inference lane, and what it does with them: find faces in frames, and points, embeddings and
// matches of faces. Lives in the lane's thread; knows nothing of streams.
import type { DetectorFamily, EmbedderFamily, FamilyKind, LandmarkFamily, RawDetection } from '../../../models/family.js';
import { loadFamily } from '../../../models/family-registry.js';
import type { PreparedModel, PreparedPack } from '../../../models/prepared.js';
import { fitSimilarity, writeAligned } from './align.js';
import { poseFromPoints, sharpnessOf, type FaceMeasures } from './face-quality.js';
import { GallerySearch } from './gallery/gallery-search.js';
import type { GallerySnapshot } from './gallery/gallery.js';
import type { JobCost, LaneTask, OpenLaneTask } from '../../lanes/lane-task.js';
import type { LaneRuntime } from '../../lanes/lane-protocol.js';
import { ModelSession } from '../../lanes/model-session.js';
import { runInRungs, type RungSteps } from '../../lanes/run-in-rungs.js';
import { AttributeHeads } from './attribute-lane.js';
import {
  ATTRIBUTE,
  DESCRIBE,
  DETECT,
  MAX_FACES_PER_FRAME,
  type AttributeItem,
  type DetectItem,
  type FaceAnswer,
  type FaceItem,
  type FoundFace,
} from './face-items.js';
import { suppressOverlaps } from '../../geometry/nms.js';
import { writeSquareCrop, type Picture } from '../../images/resample.js';

type FaceSession = ModelSession<PreparedModel>;

const TOP_PEOPLE = 3;
/** Width by height of a box beyond which it is no face: real ones are 0.4 to 1.2, what traffic is taken for is 1.8. */
const WIDEST_FACE = 1.5;

interface Loaded<F> {
  readonly session: FaceSession;
  readonly family: F;
}

export interface FaceLaneSettings {
  readonly pack: PreparedPack;
  readonly detectionScore: number;
  readonly nmsIou: number;
  readonly gallery: GallerySnapshot | null;
}

export const openLaneTask: OpenLaneTask = async (settings, runtime) => {
  const models = await FaceModels.open(settings as FaceLaneSettings, runtime);
  try {
    return new FaceLane(models, await AttributeHeads.open((settings as FaceLaneSettings).pack.attributes, runtime));
  } catch (error) {
    await models.close();
    throw error;
  }
};

/** Frames so large give their memory back after use; smaller ones use it again. */
const LARGE_BYTES = 3840 * 2160 * 3;

class FaceLane implements LaneTask {
  readonly models: LaneTask['models'];
  readonly #models: FaceModels;
  readonly #heads: AttributeHeads;

  constructor(models: FaceModels, heads: AttributeHeads) {
    this.#models = models;
    this.#heads = heads;
    const sessions = [...models.sessions, ...heads.sessions];
    this.models = sessions.map(({ model, loadMs, warmupMs }) => ({ id: model.id, loadMs, warmupMs }));
  }

  run(stage: string, items: readonly unknown[], cost: JobCost): Promise<readonly unknown[]> {
    if (stage === DETECT.name) return this.#models.detect(items as readonly DetectItem[], cost);
    if (stage === DESCRIBE.name) return this.#models.describe(items as readonly FaceItem[], cost);
    if (stage === ATTRIBUTE.name) return this.#heads.tell(items as readonly AttributeItem[], cost);
    throw new Error(`no stage ${stage} of faces`);
  }

  tell(gallery: unknown): void {
    this.#models.useGallery(gallery as GallerySnapshot);
  }

  largeBytesOf(items: readonly unknown[]): number {
    const sizes = items.map((item) => ('pixels' in (item as object) ? (item as FaceItem).pixels.byteLength : 0));
    return sizes.reduce((sum, bytes) => sum + (bytes > LARGE_BYTES ? bytes : 0), 0);
  }

  async close(): Promise<void> {
    await Promise.all([this.#models.close(), this.#heads.close()]);
  }
}

export class FaceModels {
  readonly sessions: readonly FaceSession[];
  readonly #settings: FaceLaneSettings;
  readonly #detector: Loaded<DetectorFamily>;
  readonly #landmarks: Loaded<LandmarkFamily> | null;
  readonly #embedder: Loaded<EmbedderFamily> | null;
  readonly #search: GallerySearch | null;

  private constructor(
    settings: FaceLaneSettings,
    detector: Loaded<DetectorFamily>,
    landmarks: Loaded<LandmarkFamily> | null,
    embedder: Loaded<EmbedderFamily> | null,
  ) {
    this.#settings = settings;
    this.#detector = detector;
    this.#landmarks = landmarks;
    this.#embedder = embedder;
    this.#search = settings.gallery === null ? null : new GallerySearch(settings.gallery);
    this.sessions = [detector, landmarks, embedder].filter((loaded) => loaded !== null).map((loaded) => loaded.session);
  }

  /** Loads and warms every model of the pack. @throws when one cannot start; none stays loaded then */
  static async open(settings: FaceLaneSettings, runtime: LaneRuntime): Promise<FaceModels> {
    const opened: FaceSession[] = [];
    const load = async <K extends FamilyKind>(model: PreparedModel, kind: K) => {
      const family = await loadFamily(model.family, kind);
      const session = await ModelSession.open<PreparedModel>(model, runtime);
      opened.push(session);
      return { session, family };
    };
    try {
      const { pack } = settings;
      const detector = await load(pack.detector, 'detector');
      const landmarks = pack.landmarks === undefined ? null : await load(pack.landmarks, 'landmarks');
      const embedder = pack.embedder === undefined ? null : await load(pack.embedder, 'embedder');
      return new FaceModels(settings, detector, landmarks, embedder);
    } catch (error) {
      await Promise.all(opened.map((session) => session.close()));
      throw error;
    }
  }

  useGallery(snapshot: GallerySnapshot): void {
    this.#search?.useSnapshot(snapshot);
  }

  async close(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.close()));
  }

  /** The faces of each frame, in pixels of the frame, best first. */
  async detect(items: readonly DetectItem[], cost: JobCost): Promise<FoundFace[][]> {
    const { session, family } = this.#detector;
    const found: FoundFace[][] = [];
    const startMs = performance.now();
    await this.#inRungs(session, items, cost, {
      fill: (item, input, offset) => input.set(new Float32Array(item.input, item.offset ?? 0, session.offset(1)), offset),
      read: (outputs, index, item) => {
        const raw = family
          .decode(outputs, index, session.model.input, this.#settings.detectionScore)
          .filter((face) => isShapedLikeAFace(face, item));
        const kept = suppressOverlaps(raw, this.#settings.nmsIou, MAX_FACES_PER_FRAME);
        found.push(kept.map((face) => toFramePixels(face, item)));
      },
    });
    cost.inferMs += performance.now() - startMs;
    return found;
  }

  /** Points, and where wanted embedding, measures and matches, of faces of any frames. */
  async describe(items: readonly FaceItem[], cost: JobCost): Promise<FaceAnswer[]> {
    const startMs = performance.now();
    const points = await this.#findPoints(items, cost);
    const wanted = items.flatMap((item, index) => (item.want === 'points' ? [] : [{ item, index, points: points[index] ?? [] }]));
    const answers: FaceAnswer[] = points.map((five) => ({ points: five }));
    const described = await this.#embed(wanted, cost);
    cost.inferMs += performance.now() - startMs;

    const matchStartMs = performance.now();
    const searched = wanted.flatMap(({ item }, at) => (item.want === 'embedding' ? [] : (described[at]?.embedding ?? [])));
    const matches = this.#search?.search(searched, TOP_PEOPLE);
    // After the search: the version is that of what was searched.
    const galleryVersion = this.#search?.version ?? 0;
    let nextMatch = 0;
    wanted.forEach(({ item, index, points: five }, at) => {
      const answer = described[at];
      if (answer === undefined) return;
      const { embedding, measures } = answer;
      const found = item.want === 'embedding' ? undefined : matches?.[nextMatch++];
      answers[index] = {
        points: five,
        measures,
        ...(item.want === 'match' ? {} : { embedding }),
        ...(found === undefined ? {} : { matches: found, galleryVersion }),
      };
    });
    cost.matchMs += performance.now() - matchStartMs;
    return answers;
  }

  async #findPoints(items: readonly FaceItem[], cost: JobCost): Promise<(readonly number[])[]> {
    const points = items.map((item) => item.face.points);
    const missing = items.filter((item) => item.face.points === undefined);
    if (missing.length === 0) return points.map((known) => known ?? []);
    if (this.#landmarks === null) throw new Error('The pack has no landmark model and its detector finds no points.');
    const { cropScale, refineScale } = this.#landmarks.family;
    const unexpected = missing.filter((item) => item.expectedPoints === undefined);
    const first = await this.#pointsIn(
      unexpected.map((item) => ({ item, square: squareAround(item.face, cropScale) })),
      cost,
    );
    let nextFirst = 0;
    const found = await this.#pointsIn(
      missing.map((item) => ({ item, square: squareOnPoints(item.expectedPoints ?? first[nextFirst++] ?? [], refineScale) })),
      cost,
    );
    let next = 0;
    return points.map((known) => known ?? found[next++] ?? []);
  }

  /** One look of the landmark model at a square of each frame. */
  async #pointsIn(looks: readonly { readonly item: FaceItem; readonly square: Square }[], cost: JobCost): Promise<number[][]> {
    if (this.#landmarks === null) return [];
    const { session, family } = this.#landmarks;
    const found: number[][] = [];
    await this.#inRungs(session, looks, cost, {
      fill: ({ item, square }, input, offset) =>
        writeSquareCrop(pictureOf(item), square.left, square.top, square.side, session.model.input, input, offset),
      read: (outputs, index, { square }) => {
        found.push(
          family.decode(outputs, index).map((value, at) => (at % 2 === 0 ? square.left : square.top) + value * square.side),
        );
      },
    });
    return found;
  }

  async #embed(
    wanted: readonly { readonly item: FaceItem; readonly points: readonly number[] }[],
    cost: JobCost,
  ): Promise<{ embedding: Float32Array; measures: FaceMeasures }[]> {
    if (wanted.length === 0) return [];
    if (this.#embedder === null) throw new Error('The pack has no embedder.');
    const { session, family } = this.#embedder;
    const described: { embedding: Float32Array; measures: FaceMeasures }[] = [];
    const sharpness: number[] = [];
    await this.#inRungs(session, wanted, cost, {
      fill: ({ item, points }, input, offset) => {
        writeAligned(pictureOf(item), fitSimilarity(family.template, points), session.model.input, input, offset);
        sharpness.push(sharpnessOf(input, offset, session.model.input));
      },
      read: (outputs, index, { item: { face }, points }) => {
        described.push({
          embedding: normalised(family.decode(outputs, index)),
          measures: {
            sizePx: Math.max(face.x2 - face.x1, face.y2 - face.y1),
            sharpness: sharpness[described.length] ?? 0,
            ...poseFromPoints(points),
            score: face.score,
          },
        });
      },
    });
    return described;
  }

  #inRungs<T>(session: FaceSession, items: readonly T[], cost: JobCost, steps: RungSteps<T>): Promise<void> {
    return runInRungs(session, items, cost, steps);
  }
}

function pictureOf(item: FaceItem): Picture {
  return { data: new Uint8Array(item.pixels), width: item.width, height: item.height };
}

/** Small detectors see faces in bumpers and grilles, but wide ones: the shape tells what their score does not. */
function isShapedLikeAFace(face: RawDetection, { geometry }: DetectItem): boolean {
  return (face.x2 - face.x1) * geometry.scaleX <= (face.y2 - face.y1) * geometry.scaleY * WIDEST_FACE;
}

interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

function squareAround(face: FoundFace, scale: number): Square {
  const side = Math.max(face.x2 - face.x1, face.y2 - face.y1) * scale;
  return { left: (face.x1 + face.x2 - side) / 2, top: (face.y1 + face.y2 - side) / 2, side };
}

/** The square of a landmark model's second look, see `LandmarkFamily.refineScale`. */
function squareOnPoints(points: readonly number[], scale: number): Square {
  const [leftX = 0, leftY = 0, rightX = 0, rightY = 0, , , mouthLeftX = 0, mouthLeftY = 0, mouthRightX = 0, mouthRightY = 0] =
    points;
  const eyesX = (leftX + rightX) / 2;
  const eyesY = (leftY + rightY) / 2;
  const mouthX = (mouthLeftX + mouthRightX) / 2;
  const mouthY = (mouthLeftY + mouthRightY) / 2;
  const side = scale * Math.max(Math.hypot(rightX - leftX, rightY - leftY), Math.hypot(mouthX - eyesX, mouthY - eyesY));
  return { left: (eyesX + mouthX - side) / 2, top: (eyesY + mouthY - side) / 2, side };
}

/** From pixels of the detector's input to pixels of the frame; the box is cut at the frame's edges, the points are not. */
function toFramePixels(face: RawDetection, item: DetectItem): FoundFace {
  const { scaleX, scaleY, offsetX, offsetY } = item.geometry;
  const x = (value: number): number => value * scaleX + offsetX;
  const y = (value: number): number => value * scaleY + offsetY;
  const inside = (value: number, size: number): number => Math.min(Math.max(value, 0), size);
  return {
    x1: inside(x(face.x1), item.width),
    y1: inside(y(face.y1), item.height),
    x2: inside(x(face.x2), item.width),
    y2: inside(y(face.y2), item.height),
    score: face.score,
    ...(face.landmarks === undefined ? {} : { points: face.landmarks.map((value, at) => (at % 2 === 0 ? x(value) : y(value))) }),
  };
}

/** L2-normalised copy: outputs of the runtime are reused or freed. */
function normalised(embedding: Float32Array): Float32Array {
  let squares = 0;
  for (const value of embedding) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  return embedding.map((value) => value * scale);
}
