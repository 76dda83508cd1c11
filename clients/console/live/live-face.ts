// A face as the live view has it, whatever its stream was asked to do: with who it is, or alone where nobody is named.
import type { DetectedFace, NamedFace } from '../../../protocol/payloads.js';
import type { TaskPayloads } from '../../results.js';

/** `quality` is undefined where faces are but looked for: then there is neither track nor person, nor a reason for that. */
export type LiveFace = Omit<NamedFace, 'quality'> & { readonly quality: number | undefined };
export type LiveResult = Omit<TaskPayloads['faces'], 'faces'> & { readonly faces: readonly LiveFace[] };

/** @param message a result as it was heard; undefined for one that has no faces, as of a stream that sorts its pictures */
export function liveResult(message: object): LiveResult | undefined {
  if (!('status' in message) || message.status !== 'ok' || !('faces' in message)) return undefined;
  const result = message as TaskPayloads['faces' | 'detect' | 'embed'];
  return { ...result, faces: result.faces.map(liveFace) };
}

function liveFace(face: DetectedFace | NamedFace): LiveFace {
  if ('track' in face && 'person' in face) return face;
  const { box, score, landmarks } = face;
  return { box, score, landmarks, quality: undefined, track: null, person: null };
}
