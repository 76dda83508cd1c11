// A face as the live view has it, whatever its stream was asked to do: with who it is, or alone where nobody is named.
import type { DetectedFace, NamedFace } from '../../../protocol/payloads.js';

/** `quality` is undefined where faces are but looked for: then there is neither track nor person, nor a reason for that. */
export type LiveFace = Omit<NamedFace, 'quality'> & { readonly quality: number | undefined };

export function liveFace(face: DetectedFace | NamedFace): LiveFace {
  if ('track' in face && 'person' in face) return face;
  const { box, score, landmarks } = face;
  return { box, score, landmarks, quality: undefined, track: null, person: null };
}
