// Worked frames as the contract's payloads: boxes, names, embeddings, in the units of the wire.
import { endianness } from 'node:os';
import type {
  Candidate,
  DetectedFace,
  EmbeddedFace,
  FacesFound,
  FivePoints,
  NamedFace,
  Task,
} from '../../../protocol/payloads.js';
import { qualityOf } from './face-quality.js';
import type { TaskAnswer } from '../../streams/task.js';
import type { WorkedFaces } from './face-job.js';
import { boxOf, hundredths } from '../../geometry/box.js';
import { decide, namedOnce, type Decision, type MatchRule } from './gallery/decision.js';
import type { Gallery } from './gallery/gallery.js';
import type { FaceAnswer, FaceItem, FoundFace } from './face-items.js';
import { todaysCandidates, todaysPerson } from './todays-names.js';
import type { TrackDecision } from './tracking/votes.js';

/** The kinds of the task: who they are, where they are, what they look like. */
export const FACE_TASKS = ['faces', 'detect', 'embed'] as const satisfies readonly Task[];
export type FaceTask = (typeof FACE_TASKS)[number];

/** What a lane has to do for a task's faces. */
export const WANTED: Readonly<Record<FaceTask, FaceItem['want']>> = {
  detect: 'points',
  faces: 'match',
  embed: 'embedding',
};

function detectedFace(face: FoundFace, { points, attributes }: FaceAnswer): DetectedFace {
  const point = (index: number) => [hundredths(points[2 * index] ?? 0), hundredths(points[2 * index + 1] ?? 0)] as const;
  const landmarks: FivePoints = [point(0), point(1), point(2), point(3), point(4)];
  return { box: boxOf(face), score: face.score, landmarks, ...(attributes && { attributes }) };
}

/** The people that the search found, as they are called now; somebody who was deleted since is nobody any more. */
export function candidatesOf({ matches = [] }: FaceAnswer, gallery: Gallery | null): readonly Candidate[] {
  return matches.flatMap(({ owner, similarity }) => {
    const person = gallery?.owner(owner);
    return person === undefined ? [] : [{ ...person, similarity }];
  });
}

function namedFace(face: DetectedFace, answer: FaceAnswer, decision: Decision): NamedFace {
  return {
    ...face,
    quality: answer.measures === undefined ? 0 : qualityOf(answer.measures),
    track: null,
    ...decision,
  };
}

/** As its track is taken for, with today's names. */
function trackedFace(face: DetectedFace, decision: TrackDecision, gallery: Gallery | null): NamedFace {
  const { person, candidates, ...rest } = decision;
  const nameOf = (id: string): string | undefined => gallery?.nameOf(id);
  return {
    ...face,
    ...rest,
    person: todaysPerson(person, nameOf),
    ...(candidates === undefined ? {} : { candidates: todaysCandidates(candidates, nameOf) }),
  };
}

/** Little-endian on the wire, which is also what every machine that Node runs on in practice has. */
function embeddingBytes(embedding: Float32Array): Uint8Array {
  const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}

function embeddedFace(face: DetectedFace, answer: FaceAnswer): EmbeddedFace {
  const embedding = answer.embedding ?? new Float32Array();
  const quality = answer.measures === undefined ? 0 : qualityOf(answer.measures);
  return { ...face, quality, embedding: embeddingBytes(embedding), dim: embedding.length };
}

/**
 * What is told of a worked frame.
 * @param model id of the model that answers the task
 */
export function answerOf(
  task: FaceTask,
  frame: WorkedFaces,
  model: string,
  gallery: Gallery | null,
  rule: MatchRule,
): TaskAnswer & FacesFound {
  const detected = frame.result.map(({ face, answer }) => detectedFace(face, answer));
  if (task === 'detect') return payloadOf(frame, detected, model, gallery);
  const faces = frame.result.map(({ answer }, index) => ({ answer, face: detected[index] as DetectedFace }));
  if (task === 'embed') {
    const embedded = faces.map(({ face, answer }) => embeddedFace(face, answer));
    return payloadOf(frame, embedded, model, gallery);
  }
  const alone = faces.map(({ answer }) => decide(candidatesOf(answer, gallery), rule));
  const decisions = namedOnce(alone, (id) => gallery?.twins.hasTwins(id) ?? false);
  const named = faces.map(({ face, answer }, index) => namedFace(face, answer, decisions[index] as Decision));
  return payloadOf(frame, named, model, gallery);
}

/**
 * What is told of a frame of a stream whose faces are followed.
 * @param decisions one for each face of the frame, in their order
 */
export function trackedAnswerOf(
  frame: WorkedFaces,
  decisions: readonly TrackDecision[],
  model: string,
  gallery: Gallery | null,
): TaskAnswer & FacesFound {
  const faces = frame.result.flatMap(({ face, answer }, index) => {
    const decision = decisions[index];
    return decision === undefined ? [] : [trackedFace(detectedFace(face, answer), decision, gallery)];
  });
  return payloadOf(frame, faces, model, gallery);
}

function payloadOf(
  frame: WorkedFaces,
  faces: readonly (DetectedFace | NamedFace | EmbeddedFace)[],
  model: string,
  gallery: Gallery | null,
): TaskAnswer & FacesFound {
  const searchedVersions = frame.result.flatMap(({ answer }) => answer.galleryVersion ?? []);
  return {
    model,
    gallery_version: searchedVersions.length > 0 ? Math.min(...searchedVersions) : (gallery?.version ?? 0),
    faces,
    ...(frame.isCarried ? { carried: true as const } : {}),
  };
}
