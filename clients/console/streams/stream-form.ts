// What is typed about a camera, before it is one: from a stream to the fields, and from the fields to what the service takes.
import { isAspect } from '../../../protocol/aspect.js';
import type { Task } from '../../../protocol/payloads.js';
import type { NewStream, StreamAnswer, StreamPatch } from '../../http-client.js';
import { regionTurned, type Orientation, type Region } from './region.js';

/** Whether several models may do it, of which one is chosen by name. */
export const hasModels = (task: Task): boolean => task === 'classify' || task === 'objects';

/** As typed; numbers too. */
export interface StreamFields extends Orientation {
  readonly id: string;
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  readonly task: Task;
  /** Of a task that several models do; empty for the one that answers where none is named. */
  readonly model: string;
  readonly fps: string;
  readonly minFace: string;
  /** Empty: as the camera says. */
  readonly aspect: string;
  readonly region: Region | null;
  readonly thumbnails: boolean;
  readonly motionGate: boolean;
  readonly loop: boolean;
}
export type FieldErrors = Readonly<
  Partial<Record<'id' | 'url' | 'fps' | 'minFace' | 'aspect', 'name' | 'taken' | 'address' | 'fps' | 'min_face' | 'aspect'>>
>;

const FPS_DEFAULT = 5;

/** A camera that is added here keeps pictures, so that the timeline shows faces. */
export const NEW_STREAM: StreamFields = {
  id: '',
  url: '',
  transport: 'tcp',
  task: 'faces',
  model: '',
  fps: String(FPS_DEFAULT),
  minFace: '0',
  aspect: '',
  rotate: 0,
  flip: 'none',
  region: null,
  thumbnails: true,
  motionGate: false,
  loop: false,
};

export function fieldsOf(stream: StreamAnswer): StreamFields {
  return {
    id: stream.id,
    url: stream.url,
    transport: stream.transport ?? 'tcp',
    task: stream.task,
    model: stream.model ?? '',
    fps: String(stream.fps ?? FPS_DEFAULT),
    minFace: String(stream.min_face ?? 0),
    aspect: stream.aspect ?? '',
    rotate: stream.rotate ?? 0,
    flip: stream.flip ?? 'none',
    region: stream.region ?? null,
    thumbnails: stream.thumbnails ?? false,
    motionGate: stream.motion_gate ?? false,
    loop: stream.loop ?? false,
  };
}

/** @param taken names that a new stream must not have */
export function errorsOf(fields: StreamFields, taken: readonly string[]): FieldErrors {
  const fps = Number(fields.fps);
  const minFace = Number(fields.minFace);
  return {
    ...(!/^[A-Za-z0-9._-]{1,64}$/.test(fields.id) && { id: 'name' as const }),
    ...(taken.includes(fields.id) && { id: 'taken' as const }),
    ...(fields.url.trim() === '' && { url: 'address' as const }),
    ...(!(fps > 0 && fps <= 60) && { fps: 'fps' as const }),
    ...(!(minFace >= 0 && fields.minFace.trim() !== '') && { minFace: 'min_face' as const }),
    ...(isAspectWrong(fields) && { aspect: 'aspect' as const }),
  };
}

const isAspectWrong = (fields: StreamFields): boolean => fields.aspect.trim() !== '' && !isAspect(aspectOf(fields));

/** As the service writes it: people also type `16/9`, `16 x 9` and `2,35:1`. */
const aspectOf = ({ aspect }: StreamFields): string => aspect.replace(/\s/g, '').replace(/[/x×]/i, ':').replace(/,/g, '.');

export interface PictureShape {
  readonly aspect?: string;
  readonly rotate?: Orientation['rotate'];
  readonly flip?: 'horizontal' | 'vertical';
}

/** What is to be done to the picture; nothing that is not wanted. */
export function shapeOf(fields: StreamFields): PictureShape {
  const { rotate, flip } = fields;
  const aspect = aspectOf(fields);
  return { ...(aspect !== '' && { aspect }), ...(rotate !== 0 && { rotate }), ...(flip !== 'none' && { flip }) };
}

export function isSameShape(one: PictureShape, other: PictureShape): boolean {
  return one.aspect === other.aspect && one.rotate === other.rotate && one.flip === other.flip;
}

/** Turned and mirrored otherwise: the region stays on what it was drawn on. */
export function turned(fields: StreamFields, part: Partial<Orientation>): Partial<StreamFields> {
  const { rotate = fields.rotate, flip = fields.flip } = part;
  return { rotate, flip, region: fields.region && regionTurned(fields.region, fields, { rotate, flip }) };
}

export function newStreamOf(fields: StreamFields): NewStream {
  const { region, ...rest } = patchOf(fields);
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
  return { ...named, id: fields.id, url: fields.url.trim(), ...(region && { region }) };
}

/** Every field, those with their default as null: the service's own default is in force then. */
export function patchOf(fields: StreamFields): StreamPatch {
  const { id: _id, url, transport, task, model, fps, minFace, region, thumbnails, motionGate, loop } = fields;
  return {
    url: url.trim(),
    task,
    model: hasModels(task) && model.trim() !== '' ? model.trim() : null,
    transport: transport === 'tcp' ? null : transport,
    ...{ aspect: null, rotate: null, flip: null, ...shapeOf(fields) },
    fps: Number(fps),
    min_face: Number(minFace) === 0 ? null : Number(minFace),
    region: region === null ? null : [...region],
    thumbnails,
    motion_gate: motionGate || null,
    loop: loop || null,
  };
}

/** A name for a camera of which but the address is known. */
export function suggestedName(url: string): string {
  const [, host = ''] = /^[a-z]+:\/\/(?:[^/@]*@)?([^/:?#]+)/i.exec(url) ?? [];
  const [, file = ''] = /^media:(?:.*\/)?([^/]+?)(?:\.\w+)?$/.exec(url) ?? [];
  const name = (file || (host && `camera-${host}`)).replace(/[^A-Za-z0-9._-]+/g, '-');
  return name.slice(0, 64);
}
