// What is typed about a camera, before it is one: from a stream to the fields, and from the fields to what the service takes.
import type { NewStream, StreamAnswer, StreamPatch } from '../../http-client.js';
import type { Region } from './region.js';

/** As typed; numbers too. */
export interface StreamFields {
  readonly id: string;
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  readonly task: 'faces' | 'detect';
  readonly fps: string;
  readonly minFace: string;
  readonly region: Region | null;
  readonly thumbnails: boolean;
  readonly motionGate: boolean;
  readonly loop: boolean;
}
export type FieldErrors = Readonly<
  Partial<Record<'id' | 'url' | 'fps' | 'minFace', 'name' | 'taken' | 'address' | 'fps' | 'min_face'>>
>;

const FPS_DEFAULT = 5;

/** A camera that is added here keeps pictures, so that the timeline shows faces. */
export const NEW_STREAM: StreamFields = {
  id: '',
  url: '',
  transport: 'tcp',
  task: 'faces',
  fps: String(FPS_DEFAULT),
  minFace: '0',
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
    task: stream.task === 'detect' ? 'detect' : 'faces',
    fps: String(stream.fps ?? FPS_DEFAULT),
    minFace: String(stream.min_face ?? 0),
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
  };
}

export function newStreamOf(fields: StreamFields): NewStream {
  const { region, ...rest } = patchOf(fields);
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
  return { ...named, id: fields.id, url: fields.url.trim(), ...(region && { region }) };
}

/** Every field, those with their default as null: the service's own default is in force then. */
export function patchOf(fields: StreamFields): StreamPatch {
  const { id: _id, url, transport, task, fps, minFace, region, thumbnails, motionGate, loop } = fields;
  return {
    url: url.trim(),
    task,
    transport: transport === 'tcp' ? null : transport,
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
