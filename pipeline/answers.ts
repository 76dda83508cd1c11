// Worked frames as the contract's payloads: boxes, names, embeddings, in the units of the wire.
import { endianness } from 'node:os';
import type { DetectedFace, EmbeddedFace, FivePoints, NamedFace, OkPayload, Task } from '../protocol/payloads.js';
import { qualityOf } from './face-quality.js';
import type { WorkedFrame } from './frame-engine.js';
import { decide, type MatchRule } from './gallery/decision.js';
import type { Gallery } from './gallery/gallery.js';
import type { FaceAnswer, FaceItem, FoundFace } from './lane-protocol.js';
import { timingOf } from './timing.js';

/** What a lane has to do for a task's faces. */
export const WANTED: Readonly<Record<Exclude<Task, 'classify'>, FaceItem['want']>> = {
  detect: 'points',
  faces: 'match',
  embed: 'embedding',
};

const hundredths = (value: number): number => Math.round(value * 100) / 100;

function detectedFace({ x1, y1, x2, y2, score }: FoundFace, points: readonly number[]): DetectedFace {
  const point = (index: number) => [hundredths(points[2 * index] ?? 0), hundredths(points[2 * index + 1] ?? 0)] as const;
  const landmarks: FivePoints = [point(0), point(1), point(2), point(3), point(4)];
  return { box: [hundredths(x1), hundredths(y1), hundredths(x2 - x1), hundredths(y2 - y1)], score, landmarks };
}

function namedFace(face: DetectedFace, answer: FaceAnswer, gallery: Gallery | null, rule: MatchRule): NamedFace {
  const candidates = (answer.matches ?? []).flatMap(({ owner, similarity }) => {
    // Somebody who was deleted since the search is nobody any more.
    const person = gallery?.owner(owner);
    return person === undefined ? [] : [{ ...person, similarity }];
  });
  return {
    ...face,
    quality: answer.measures === undefined ? 0 : qualityOf(answer.measures),
    track: null,
    ...decide(candidates, rule),
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
 * The payload of a worked frame; its timing still lacks the total.
 * @param model id of the model that answers the task
 */
export function answerOf(
  task: Exclude<Task, 'classify'>,
  frame: WorkedFrame,
  model: string,
  gallery: Gallery | null,
  rule: MatchRule,
): OkPayload {
  const faces = frame.faces.map(({ face, answer }) => {
    const detected = detectedFace(face, answer.points);
    if (task === 'detect') return detected;
    return task === 'embed' ? embeddedFace(detected, answer) : namedFace(detected, answer, gallery, rule);
  });
  const searchedVersions = frame.faces.flatMap(({ answer }) => answer.galleryVersion ?? []);
  return {
    status: 'ok',
    width: frame.width,
    height: frame.height,
    timing: timingOf(frame.stages),
    model,
    gallery_version: searchedVersions.length > 0 ? Math.min(...searchedVersions) : (gallery?.version ?? 0),
    faces,
  };
}
