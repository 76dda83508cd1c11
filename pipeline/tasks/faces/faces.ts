// The task of faces: who they are (`faces`), where they are (`detect`), what they look like (`embed`); and all that is asked about
// people beside, which needs the same models, the gallery and the tracks.
import { loadFamily } from '../../../models/family-registry.js';
import { modelsOf, type PackThresholds, type PreparedModel, type PreparedPack } from '../../../models/prepared.js';
import { OnlookerError } from '../../../protocol/errors.js';
import type { LoadedModel } from '../../../protocol/models.js';
import type { AttributeName } from '../../../protocol/payloads.js';
import type { FaceRecord, LookalikesAnswer } from '../../../protocol/people.js';
import type { TrackAnswer } from '../../../protocol/tracks.js';
import type { LaneTaskSource } from '../../lanes/lane.js';
import type { ModelStart, Provider } from '../../lanes/lane-protocol.js';
import { loadedModel } from '../../lanes/loaded-model.js';
import { noModel } from '../../lanes/no-model-error.js';
import type { RecogniseOptions, StreamOptions } from '../../streams/stream-options.js';
import { imageSha256 } from '../../streams/frame-cache.js';
import type { Task, TaskCore, TaskFrame, TaskStream } from '../../streams/task.js';
import { workerFile } from '../../threads/worker-file.js';
import { AlignedFaceJob } from './aligned-face-job.js';
import { FACE_TASKS, answerOf, WANTED, type FaceTask } from './answers.js';
import { CachedFaces, levelOf } from './cached-faces.js';
import { EndedStreams } from './ended-streams.js';
import { EnrolmentGuide, enrolFace, enrolSeen, type EnrolmentRule } from './enrolment.js';
import { FACES } from './face-items.js';
import { FaceJob, type DetectionSettings, type Faces as FoundFaces, type FacesAsked } from './face-job.js';
import type { FaceLaneSettings } from './face-lane.js';
import { DEFAULT_QUALITY_GATE, type QualityGate } from './face-quality.js';
import type { MatchRule } from './gallery/decision.js';
import type { Gallery } from './gallery/gallery.js';
import { lookalikesAnswer } from './gallery/lookalikes-answer.js';
import { Lookalikes } from './gallery/lookalikes.js';
import { picturesOf, trackAnswer } from './track-answer.js';
import { FacePictures } from './face-pictures.js';
import { FollowedFaces } from './followed-faces.js';
import { TrackedStream } from './tracked-stream.js';

export interface FacesOptions {
  readonly pack: PreparedPack;
  /** Null for a pack without an embedder. */
  readonly gallery: Gallery | null;
  /** Of a stream whose faces are followed at least every so many frames is searched for faces, where it does not say. */
  readonly detectEvery: number;
  /** Whether frames of streams that are not followed are looked for among those that were worked on before. */
  readonly cachesStreams: boolean;
  readonly thresholds: Partial<PackThresholds> | undefined;
  readonly quality: Partial<QualityGate> | undefined;
}

/** Least score of what may be a face seen badly: it continues a track but never begins one (ByteTrack's second stage). */
const WEAK_FACE_SCORE = 0.3;

export class Faces implements Task {
  readonly names: readonly FaceTask[];
  readonly lane: LaneTaskSource;
  readonly #options: FacesOptions;
  readonly #core: TaskCore;
  readonly #thresholds: PackThresholds & MatchRule;
  readonly #gate: QualityGate;
  readonly #gallery: Gallery | null;
  readonly #lookalikes: Lookalikes | null;
  readonly #detection: DetectionSettings;
  readonly #streams = new Set<TrackedStream>();
  readonly #ended = new EndedStreams();
  readonly #pictures = new FacePictures();
  readonly #forgetSnapshots: () => void;
  readonly #forgetRemovals: () => void;

  constructor(options: FacesOptions, core: TaskCore) {
    const { pack, gallery } = options;
    this.#options = options;
    this.#core = core;
    const areTwins = (one: string, other: string): boolean => gallery?.twins.areTwins(one, other) ?? false;
    this.#thresholds = { ...pack.thresholds, ...options.thresholds, areTwins };
    this.#gate = { ...DEFAULT_QUALITY_GATE, ...options.quality };
    this.#gallery = gallery;
    this.#lookalikes = gallery && new Lookalikes(gallery, { level: this.#thresholds.match });
    const { detectionScore, nmsIou } = this.#thresholds;
    this.#detection = { input: pack.detector.input, detectionScore, nmsIou };
    this.names = pack.embedder === undefined ? ['detect'] : FACE_TASKS;
    this.lane = faceLane(options);
    this.#forgetSnapshots = gallery?.onSnapshot((snapshot) => core.tellLanes(FACES, snapshot)) ?? (() => undefined);
    this.#forgetRemovals = gallery?.onRemoval(() => core.forgetFrames()) ?? (() => undefined);
  }

  models(provider: Provider, started: readonly ModelStart[]): readonly LoadedModel[] {
    return [...modelsOf(this.#options.pack), ...this.#options.pack.attributes].map((model) =>
      loadedModel(model, provider, started.find(({ id }) => id === model.id) ?? { loadMs: 0, warmupMs: 0 }),
    );
  }

  modelFor(options: RecogniseOptions): string {
    const { detector, embedder } = this.#options.pack;
    const { task, attributes = [] } = options;
    const model: PreparedModel | undefined = task === 'detect' ? detector : embedder;
    if (model === undefined) throw noModel(`No model for the task ${task} is loaded.`);
    if (options.model !== undefined && options.model !== model.id) {
      throw noModel(`No such model is loaded for the task ${task}; ${model.id} is.`);
    }
    const missing = attributes.find((name) => !this.#options.pack.attributes.some((head) => head.name === name));
    if (missing !== undefined)
      throw noModel(`The ${missing} of faces is not looked for here: no model that does is loaded (ONLOOKER_ATTRIBUTES).`);
    return model.id;
  }

  /** What can be told of faces beside who they are. */
  get attributes(): readonly AttributeName[] {
    return this.#options.pack.attributes.map(({ name }) => name);
  }

  open(options: StreamOptions): TaskStream {
    const { tracking, thumbnails = false, detectEvery = this.#options.detectEvery } = options;
    const gallery = this.#gallery;
    const task = taskOf(options);
    if (task !== 'faces' || tracking === undefined || gallery === null) return this.#unfollowed(task, options);
    const model = this.modelFor(options);
    const { detectionScore } = this.#thresholds;
    const rule = this.#thresholds;
    const pictures = thumbnails ? this.#pictures : null;
    const wantsAttributes = options.attributes !== undefined;
    const tracked = new TrackedStream({
      ...tracking,
      pictures,
      wantsAttributes,
      detectEvery,
      model,
      gallery,
      detectionScore,
      rule,
    });
    this.#streams.add(tracked);
    return new FollowedFaces({
      tracked,
      model,
      gallery,
      detection: this.#detection,
      asked: askedOf(options),
      onEnd: () => {
        this.#streams.delete(tracked);
        this.#ended.add(tracked);
      },
    });
  }

  single(options: RecogniseOptions): TaskFrame<FoundFaces> {
    return this.#frame(taskOf(options), options, true);
  }

  tick(): void {
    this.#ended.expire();
    // They tell nothing any more, but forget people who were deleted.
    for (const tracked of this.#ended.streams) tracked.tick();
  }

  async close(): Promise<void> {
    this.#forgetSnapshots();
    this.#forgetRemovals();
    await this.#ended.told();
    await this.#lookalikes?.close();
  }

  /**
   * Enrols the one face of an image through the quality gate.
   * @param twinOf ids of people who resemble the person and are others: their likeness is no reason to refuse
   * @param signal aborted when nobody waits for the answer any more
   * @throws OnlookerError NOT_FOUND, NO_FACE, SEVERAL_FACES, LOW_QUALITY, CONFLICT, MODEL_UNAVAILABLE, and those of a bad image
   */
  async enrol(
    personId: string,
    image: Uint8Array,
    twinOf: readonly string[] = [],
    signal?: AbortSignal,
  ): Promise<{ readonly face: FaceRecord; readonly created: boolean }> {
    const gallery = this.#openGallery();
    if (!gallery.has(personId)) throw noPerson();
    const guide = new EnrolmentGuide(this.#thresholds.detectionScore, gallery.keepsPictures);
    const job = new FaceJob(this.#detection, {}, guide);
    const { result } = await this.#core.work(image, { job, cacheable: null }, signal);
    const sha256 = await imageSha256(image);
    return enrolFace(gallery, personId, result, { sha256, guide }, this.#enrolmentRule(gallery, personId, twinOf));
  }

  /**
   * The embedding of a picture that is one face, cut out and aligned as the embedder has it (ArcFace's template, 112x112; other sizes
   * are scaled). Whether it is a face at all nobody looks.
   * @returns L2-normalised, and the id of the model that made it
   * @throws OnlookerError MODEL_UNAVAILABLE, DRAINING, and those of a bad image
   */
  async embedAligned(
    image: Uint8Array,
    signal?: AbortSignal,
  ): Promise<{ readonly model: string; readonly embedding: Float32Array }> {
    this.#core.assertOpen();
    const model = this.modelFor({ task: 'embed' });
    const { embedder } = this.#options.pack;
    if (embedder === undefined) throw noModel();
    const { template } = await loadFamily(embedder.family, 'embedder');
    const job = new AlignedFaceJob(template, embedder.input);
    const { result } = await this.#core.work(image, { job, cacheable: null }, signal);
    if (result.embedding === undefined) throw new OnlookerError('INTERNAL');
    return { model, embedding: result.embedding };
  }

  /**
   * Enrols the best faces that were seen of a track in view or gone for minutes, through the same gate.
   * @param twinOf as of `enrol`
   * @throws OnlookerError NOT_FOUND for the person and the track, LOW_QUALITY, CONFLICT, MODEL_UNAVAILABLE
   */
  async enrolTrack(trackId: string, personId: string, twinOf: readonly string[] = []): Promise<readonly FaceRecord[]> {
    const gallery = this.#openGallery();
    if (!gallery.has(personId)) throw noPerson();
    const seen = this.#ofTracks((tracked) => tracked.bestOf(trackId));
    return enrolSeen(gallery, personId, seen, this.#enrolmentRule(gallery, personId, twinOf));
  }

  /**
   * People whose faces are so alike that one could be named as the other, and who are not declared twins, most similar first.
   * @throws OnlookerError MODEL_UNAVAILABLE, DRAINING
   */
  async lookalikes(limit: number): Promise<LookalikesAnswer> {
    const gallery = this.#openGallery();
    if (this.#lookalikes === null) throw noModel();
    return lookalikesAnswer(await this.#lookalikes.find(), gallery, this.#lookalikes.level, limit);
  }

  /** All that is known of a track in view or gone for minutes. @throws OnlookerError NOT_FOUND, MODEL_UNAVAILABLE, DRAINING */
  async track(trackId: string): Promise<TrackAnswer> {
    this.#core.assertOpen();
    this.modelFor({ task: 'embed' });
    const account = this.#ofTracks((tracked) => tracked.account(trackId));
    await picturesOf(account);
    return trackAnswer(account, this.#gate, (id) => this.#gallery?.nameOf(id));
  }

  /** A stream each of whose frames is judged by itself. */
  #unfollowed(task: FaceTask, options: RecogniseOptions): TaskStream {
    return {
      begin: () => this.#frame(task, options, this.#options.cachesStreams),
      beginUnseen: () => null,
      tick: () => undefined,
      end: () => Promise.resolve(),
    };
  }

  #frame(task: FaceTask, options: RecogniseOptions, isCached: boolean): TaskFrame<FoundFaces> {
    const model = this.modelFor(options);
    const asked = askedOf(options);
    const want = WANTED[task];
    const level = levelOf(want);
    return {
      job: new FaceJob(this.#detection, asked, isCached ? level : want),
      cacheable: isCached ? new CachedFaces(asked, level, this.#gallery?.version ?? 0) : null,
      answer: (worked) => answerOf(task, worked, model, this.#gallery, this.#thresholds),
      abandon: () => undefined,
    };
  }

  /** @throws OnlookerError DRAINING, MODEL_UNAVAILABLE */
  #openGallery(): Gallery {
    this.#core.assertOpen();
    this.modelFor({ task: 'embed' });
    if (this.#gallery === null) throw noModel();
    return this.#gallery;
  }

  /** @throws OnlookerError NOT_FOUND, BAD_MESSAGE, LIMIT_REACHED for twins whom there cannot be */
  #enrolmentRule(gallery: Gallery, personId: string, twinOf: readonly string[]): EnrolmentRule {
    gallery.assertCanBeTwins(personId, twinOf);
    return { gate: this.#gate, match: this.#thresholds.match, twinOf };
  }

  /** The first that is found in the streams, or in those that ended a short while ago. @throws OnlookerError NOT_FOUND */
  #ofTracks<T>(find: (tracked: TrackedStream) => T | undefined): T {
    for (const tracked of [...this.#streams, ...this.#ended.streams]) {
      const found = find(tracked);
      if (found !== undefined) return found;
    }
    throw new OnlookerError('NOT_FOUND', 'There is no such track in view, nor was there one in the last minutes.');
  }
}

/** What its lanes are to know. */
export type FaceLaneOptions = Pick<FacesOptions, 'pack' | 'gallery'> & Partial<Pick<FacesOptions, 'thresholds'>>;

/** What lanes open of faces. */
export function faceLane({ pack, gallery, thresholds }: FaceLaneOptions): LaneTaskSource {
  const settings = (): FaceLaneSettings => ({
    pack,
    // Weaker ones are for streams whose faces are followed; all others leave them out.
    detectionScore: Math.min(WEAK_FACE_SCORE, thresholds?.detectionScore ?? pack.thresholds.detectionScore),
    nmsIou: thresholds?.nmsIou ?? pack.thresholds.nmsIou,
    gallery: gallery?.snapshot ?? null,
  });
  return { name: FACES, module: workerFile('face-lane', import.meta.url).href, settings };
}

function askedOf({ region, minFacePx, attributes }: RecogniseOptions): FacesAsked {
  return {
    ...(region === undefined ? {} : { region }),
    ...(minFacePx === undefined ? {} : { minFacePx }),
    // In one order, so that who asks for the same is answered from the same.
    ...(attributes === undefined ? {} : { attributes: [...new Set(attributes)].sort() }),
  };
}

function taskOf({ task }: RecogniseOptions): FaceTask {
  const known = FACE_TASKS.find((name) => name === task);
  if (known === undefined) throw noModel(`${task} is no task of faces.`);
  return known;
}

function noPerson(): OnlookerError {
  return new OnlookerError('NOT_FOUND', 'There is no such person.');
}
