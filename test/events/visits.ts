// What the log gets when somebody comes, is named and leaves. Apart from vitest, since a process to kill uses it too.
import type { FaceEvent } from '../../protocol/events.js';

/** Bytes that no other person's picture has. */
export function picture(person: string, index: number): Uint8Array {
  return Uint8Array.from(
    { length: 3000 },
    (_, at) => (Math.imul(at + 1, 2654435761) >>> 13) ^ (person.charCodeAt(at % person.length) + index * 7),
  );
}

/** Four events, each with a picture; the track is called like the person. */
export function visit(id: string): FaceEvent[] {
  const person = { id, name: `Ottilie Number${id}.` };
  const base = { stream: `cam-${id.length}`, track: id, first_ts: 900, last_ts: 1000, box: [1, 2, 3, 4], frames: 3 } as const;
  const rest = { ts: 1000, similarity: 0.6, model: 'test/embedder', gallery_version: 1, threshold: 0.4 };
  const told = (before: FaceEvent['person']) => ({ kind: 'identify', ts: 5, person: before, similarity: 0.6 }) as const;
  return [
    { ...base, ...rest, kind: 'appear', person: null, thumbnail: picture(id, 0) },
    { ...base, ...rest, kind: 'identify', person, before: { ...told(null), kind: 'appear' }, thumbnail: picture(id, 1) },
    { ...base, ...rest, kind: 'change', person: null, before: told(person), thumbnail: picture(id, 2) },
    { ...base, ...rest, kind: 'leave', person, before: told(null), thumbnail: picture(id, 3) },
  ];
}
