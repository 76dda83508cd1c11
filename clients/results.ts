// What a frame's promise resolves to, narrowed by the task of its stream.
import type { SendChoice } from '../protocol/messages.js';
import type {
  ClassesFound,
  DetectedFace,
  DroppedPayload,
  EmbeddedFace,
  ErrorPayload,
  NamedFace,
  ObjectsFound,
  OkPayload,
  Task,
} from '../protocol/payloads.js';

export type Answered = Pick<OkPayload, 'status' | 'width' | 'height' | 'timing' | 'model'>;
export interface FacesAnswer<Face> extends Answered {
  readonly faces: readonly Face[];
  readonly gallery_version: number;
}
export type ClassesAnswer = Answered & ClassesFound;
export type ObjectsAnswer = Answered & ObjectsFound;

/** The payload of an `ok` result for each task. */
export interface TaskPayloads {
  readonly faces: FacesAnswer<NamedFace>;
  readonly detect: FacesAnswer<DetectedFace>;
  readonly embed: FacesAnswer<EmbeddedFace>;
  readonly classify: ClassesAnswer;
  readonly objects: ObjectsAnswer;
}

/** What the service says about one frame; `status` tells which of the three it is. */
export type FrameResult<T extends Task = Task> = {
  readonly stream: string;
  readonly seq: number;
  /** As sent with the frame. */
  readonly ts: number | null;
} & (TaskPayloads[T] | DroppedPayload | ErrorPayload);

/** Of a stream that asked for events alone: the service answers its frames with none, so this is all that is known. */
export interface SentFrame {
  readonly stream: string;
  readonly seq: number;
  readonly ts: number | null;
  /** It has left for the network. */
  readonly status: 'sent';
}

/** What `send` resolves with, by what the stream asked for. */
export type SendResult<T extends Task, S extends SendChoice> = S extends 'events' ? SentFrame : FrameResult<T>;

/** An embedding's bytes (little-endian float32) as numbers, copied, whatever their alignment. */
export function embeddingValues(face: Pick<EmbeddedFace, 'embedding' | 'dim'>): Float32Array {
  const view = new DataView(face.embedding.buffer, face.embedding.byteOffset, face.embedding.byteLength);
  return Float32Array.from({ length: face.dim }, (_, i) => view.getFloat32(4 * i, true));
}
