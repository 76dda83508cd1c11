// Registered cameras, kept events and tracks over HTTP, as functions. For browsers and Node alike; no state of its own.
// Addresses of cameras hold passwords: they go into the request's body and nowhere else.
import type { KeptEvent } from '../protocol/events.js';
import type { FaceRecord } from '../protocol/people.js';
import { readSourceKind, SOURCE_KIND_HEADER, type SourceKind } from '../protocol/source-kind.js';
import type { NewStream, StreamAnswer, StreamPatch, StreamTest } from '../protocol/streams.js';
import type { TrackAnswer, TrackFace } from '../protocol/tracks.js';
import { fromBase64 } from './base64.js';
import { everyItem, type Page } from './http-pages.js';
import type { EnrolOptions } from './enrol-options.js';
import { bytesOf, jsonOf, successful, type Requester } from './http-request.js';

/** Which of the kept events; without `since` and `before` the newest. */
export interface EventQuery {
  readonly stream?: string;
  /** Id of the person whom the event names. */
  readonly person?: string;
  /** The first events after this id; `0` comes before every id. */
  readonly since?: string;
  /** The last events before this id. */
  readonly before?: string;
  readonly limit?: number;
}
/** Newest last. A page may hold fewer events than its limit and yet have a next or a previous one. */
export interface EventPage {
  readonly events: readonly KeptEvent[];
  /** The `since` of the next page, where there may be one. */
  readonly next?: string;
  /** The `before` of the page before, where there may be one. */
  readonly previous?: string;
}
export interface TrackEnrolment {
  /** Id of the person. */
  readonly person: string;
  readonly track: string;
  /** The faces that were taken; `face` is the id. */
  readonly faces: readonly (FaceRecord & { readonly face: string })[];
}

export function streamFunctions(request: Requester) {
  const path = (id: string) => `/v1/streams/${encodeURIComponent(id)}`;
  const list = (page: Page = {}) =>
    jsonOf<{ readonly streams: readonly StreamAnswer[]; readonly next?: string }>(request('/v1/streams', { query: { ...page } }));
  /** The same as `test`, and what kind of source was found. */
  const tried = async (source: StreamTest): Promise<{ readonly image: Uint8Array<ArrayBuffer>; readonly kind: SourceKind }> => {
    const response = await successful(await request('/v1/streams/test', { method: 'POST', json: source }));
    const kind = readSourceKind(response.headers.get(SOURCE_KIND_HEADER));
    return { image: await bytesOf(Promise.resolve(response)), kind };
  };
  return {
    list,
    /** Every registered camera, page by page. */
    all: () =>
      everyItem(
        (after) => list({ ...after, limit: 500 }),
        (page) => page.streams,
      ),
    get: (id: string) => jsonOf<StreamAnswer>(request(path(id))),
    /** The answer's address has `***` for passwords. Rejects with `STREAM_EXISTS`, `BAD_MESSAGE` or `LIMIT_REACHED`. */
    add: (stream: NewStream) => jsonOf<StreamAnswer>(request('/v1/streams', { method: 'POST', json: stream })),
    /** Fields that are not named stay, `null` puts a default back; `***` in the address keeps the password that is known. */
    change: (id: string, patch: StreamPatch) => jsonOf<StreamAnswer>(request(path(id), { method: 'PATCH', json: patch })),
    remove: async (id: string, { keepalive = false }: { readonly keepalive?: boolean } = {}): Promise<void> =>
      void (await successful(await request(path(id), { method: 'DELETE', keepalive }))),
    /** The first picture (JPEG) of an address that need not be registered. Rejects with `SOURCE_FAILED` and the reason. */
    test: async (source: StreamTest): Promise<Uint8Array> => (await tried(source)).image,
    tried,
    /** The newest frame that was answered, as JPEG, and the `seq` of its result. Rejects with `SOURCE_FAILED` before the first. */
    async answered(id: string): Promise<{ readonly image: Uint8Array<ArrayBuffer>; readonly seq: number }> {
      const response = await successful(await request(`${path(id)}/snapshot.jpg`, { query: { answered: 1 } }));
      return { image: await bytesOf(Promise.resolve(response)), seq: Number(response.headers.get('onlooker-seq')) };
    },
    /** The newest frame as JPEG; `overlay` draws boxes and names. */
    snapshot(id: string, { overlay = false }: { readonly overlay?: boolean } = {}): Promise<Uint8Array> {
      const query = overlay ? { overlay: 1 } : {};
      return bytesOf(request(`${path(id)}/snapshot.jpg`, { query }));
    },
  };
}

export function eventFunctions(request: Requester) {
  async function list(query: EventQuery = {}): Promise<EventPage> {
    const page = await jsonOf<EventPage>(request('/v1/events', { query: { ...query } }));
    return { ...page, events: page.events.map(withBytes) };
  }
  return {
    list,
    /** Kept events after `since` (all, without it), oldest first, page by page up to the newest. */
    async *all({ since = '0', ...filter }: Omit<EventQuery, 'before' | 'limit'> = {}): AsyncGenerator<KeptEvent> {
      for (let from: string | undefined = since; from !== undefined;) {
        const page: EventPage = await list({ ...filter, since: from, limit: 500 });
        yield* page.events;
        from = page.next;
      }
    },
  };
}

export function trackFunctions(request: Requester) {
  const path = (track: string) => `/v1/tracks/${encodeURIComponent(track)}`;
  return {
    /** Who a live or recent track is taken for, and why. Rejects with `NOT_FOUND` once it is too long ago. */
    async get(track: string): Promise<TrackAnswer> {
      const { thumbnail, faces, ...rest } = await jsonOf<TrackAnswer>(request(path(track)));
      const face = ({ picture, ...one }: TrackFace): TrackFace => ({
        ...one,
        ...(picture && { picture: pictureBytes(picture) }),
      });
      return { ...rest, ...(thumbnail && { thumbnail: pictureBytes(thumbnail) }), faces: faces.map(face) };
    },
    /**
     * Enrols the best faces of a live or recent track for a person, whoever of `twinOf` they resemble, through the same gate as images. Rejects with
     * `NOT_FOUND` (no such person, or the track is too long ago), `LOW_QUALITY` or `CONFLICT`.
     */
    enroll: (track: string, person: string, { twinOf = [] }: EnrolOptions = {}) =>
      jsonOf<TrackEnrolment>(request(`${path(track)}/enroll`, { method: 'POST', json: { person, twin_of: twinOf } })),
  };
}

/** In JSON a picture is base64. */
const pictureBytes = (picture: Uint8Array): Uint8Array => fromBase64(picture as unknown as string);

function withBytes(event: KeptEvent): KeptEvent {
  if (!('thumbnail' in event) || event.thumbnail === undefined) return event;
  return { ...event, thumbnail: pictureBytes(event.thumbnail) };
}
