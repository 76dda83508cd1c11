// The HTTP interface of the service as functions: people, faces, single images, models, export and import, and what
// http-streams.ts adds of cameras and events.
// For browsers and Node alike; must never keep state of its own.
import type { LoadedModel } from '../protocol/models.js';
import type { Box } from '../protocol/payloads.js';
import type { ConfigReport } from '../protocol/config.js';
import type { FaceRecord, ImportReport, LookalikesAnswer, Person } from '../protocol/people.js';
import { fromBase64 } from './base64.js';
import { keyFunctions, sessionFunctions } from './http-access.js';
import type { EnrolOptions } from './enrol-options.js';
import { everyItem, type Page } from './http-pages.js';
import { presenceFunctions } from './http-presence.js';
import { modelFunctions } from './http-models.js';
import { eventFunctions, streamFunctions, trackFunctions } from './http-streams.js';
import { addressOf, bytesOf, jsonOf, requester, successful, type HttpOptions } from './http-request.js';
import type { TaskPayloads } from './results.js';

export * from './errors.js';
export type { Role, SessionAnswer, TicketAnswer } from '../protocol/access.js';
export type { CreatedKey, KeyRecord, NewKey } from '../protocol/keys.js';
export type { CredentialOptions } from './credentials.js';
export type { TicketFields } from './http-access.js';
export type { HttpOptions } from './http-request.js';
export type { EventPage, EventQuery, TrackEnrolment } from './http-streams.js';
export type { KeptEvent } from '../protocol/events.js';
export type { SourceKind } from '../protocol/source-kind.js';
export type { NewStream, StreamAnswer, StreamPatch, StreamTest } from '../protocol/streams.js';
export type { TrackAnswer, TrackFace, TrackVote } from '../protocol/tracks.js';
export type { ConfigReport, EnrolOptions, FaceRecord, ImportReport, LoadedModel, LookalikesAnswer, Person };

export interface PersonFields {
  readonly name?: string;
  readonly external_id?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
export interface Enrolment {
  /** Id of the face. */
  readonly face: string;
  readonly quality: number;
  readonly box: Box;
  /** False when this very image was there already. */
  readonly created: boolean;
}
export interface ClassQuery {
  readonly model?: string;
  readonly top_n?: number;
  readonly threshold?: number;
}
export interface RemoveOptions {
  /** Browsers: the request outlives the page that sent it. */
  readonly keepalive?: boolean;
}
type HttpClient = ReturnType<typeof createHttpClient>;
export type { HttpClient };

/**
 * Functions for the service at `address`, e.g. `http://127.0.0.1:8080` or `https://host/prefix`. All of them reject with ConnectionError,
 * ServerError (with the catalogue's `code`) or ProtocolError. Images are encoded bytes: JPEG, PNG or WebP.
 *
 * @throws TypeError when `address` is no address, and for a key or header that cannot be sent
 */
export function createHttpClient(address: string | URL, options: HttpOptions = {}) {
  const request = requester(address, options);
  const person = (id: string) => `/v1/people/${encodeURIComponent(id)}`;
  const oneImage = <T>(path: string, image: Uint8Array | Blob, query: ClassQuery = {}) =>
    jsonOf<T>(request(path, { method: 'POST', bytes: image, query: { ...query } }));
  const remove = async (path: string, { keepalive }: RemoveOptions = {}) =>
    void (await successful(await request(path, { method: 'DELETE', ...(keepalive === undefined ? {} : { keepalive }) })));

  const listPeople = (page: Page = {}) =>
    jsonOf<{ readonly people: readonly Person[]; readonly next?: string }>(request('/v1/people', { query: { ...page } }));
  const listFaces = (personId: string, page: Page = {}) =>
    jsonOf<{ readonly faces: readonly FaceRecord[]; readonly next?: string }>(
      request(`${person(personId)}/faces`, { query: { ...page } }),
    );

  return {
    /** Resolves when the service is alive. */
    health: async (): Promise<void> => void (await successful(await request('/health'))),
    /** Whether the service can take frames; `report` is what it says, e.g. what is missing. */
    async ready(): Promise<{ readonly isReady: boolean; readonly report: unknown }> {
      const response = await request('/ready');
      if (!response.ok && response.status !== 503) await successful(response);
      return { isReady: response.ok, report: await response.json().catch(() => undefined) };
    },
    /** The configuration in force, and from where each value comes. */
    config: () => jsonOf<ConfigReport>(request('/v1/config')),
    /** The figures as Prometheus reads them. */
    metrics: async (): Promise<string> => (await successful(await request('/metrics'))).text(),
    models: async (): Promise<readonly LoadedModel[]> =>
      (await jsonOf<{ readonly models: readonly LoadedModel[] }>(request('/v1/models'))).models,

    detect: (image: Uint8Array | Blob) => oneImage<TaskPayloads['detect']>('/v1/detect', image),
    identify: (image: Uint8Array | Blob) => oneImage<TaskPayloads['faces']>('/v1/identify', image),
    async embed(image: Uint8Array | Blob): Promise<TaskPayloads['embed']> {
      const answer = await oneImage<TaskPayloads['embed']>('/v1/embed', image);
      const faces = answer.faces.map((face) => ({ ...face, embedding: fromBase64(face.embedding as unknown as string) }));
      return { ...answer, faces };
    },

    /** @param query which classifier, how many classes, and what its score has to exceed */
    classify: (image: Uint8Array | Blob, query?: ClassQuery) => oneImage<TaskPayloads['classify']>('/v1/classify', image, query),
    /** @param query which detector, how many objects, and their least score */
    objects: (image: Uint8Array | Blob, query?: ClassQuery) => oneImage<TaskPayloads['objects']>('/v1/objects', image, query),

    people: {
      list: listPeople,
      /** Everybody, page by page. */
      all: () =>
        everyItem(
          (after) => listPeople({ ...after, limit: 500 }),
          (page) => page.people,
        ),
      get: (id: string) => jsonOf<Person>(request(person(id))),
      create: (fields: PersonFields & { readonly name: string }) =>
        jsonOf<Person>(request('/v1/people', { method: 'POST', json: fields })),
      /** Fields that are not named stay. */
      update: (id: string, fields: PersonFields) => jsonOf<Person>(request(person(id), { method: 'PATCH', json: fields })),
      /** Makes the faces of `from` those of `id`; `from` is gone then. */
      merge: (id: string, from: string) => jsonOf<Person>(request(`${person(id)}/merge`, { method: 'POST', json: { from } })),
      /** The two are two people although they resemble each other: faces near both are `ambiguous`. */
      declareTwins: (id: string, of: string) => jsonOf<Person>(request(`${person(id)}/twins`, { method: 'POST', json: { of } })),
      undeclareTwins: (id: string, of: string) => remove(`${person(id)}/twins/${encodeURIComponent(of)}`),
      /** Pairs of people who could be taken for each other, most similar first. */
      lookalikes: (limit?: number) => jsonOf<LookalikesAnswer>(request('/v1/people/lookalikes', { query: { limit } })),
      /** Deletes the person with all faces. */
      remove: (id: string, options?: RemoveOptions) => remove(person(id), options),
    },
    faces: {
      list: listFaces,
      all: (personId: string) =>
        everyItem(
          (after) => listFaces(personId, { ...after, limit: 500 }),
          (page) => page.faces,
        ),
      /** Enrols the one face of an image, whoever of `twinOf` it resembles. Rejects with `NO_FACE`, `SEVERAL_FACES`, `LOW_QUALITY` or `CONFLICT` when it cannot be. */
      async enrol(personId: string, image: Uint8Array | Blob, { twinOf = [] }: EnrolOptions = {}): Promise<Enrolment> {
        const query = { twin_of: twinOf };
        const response = await successful(await request(`${person(personId)}/faces`, { method: 'POST', bytes: image, query }));
        return { ...(await jsonOf<Omit<Enrolment, 'created'>>(Promise.resolve(response))), created: response.status === 201 };
      },
      /** The address of the picture of a face that has one (`picture` of its record, or of the person's). */
      pictureUrl: (personId: string, faceId: string) =>
        addressOf(address, `${person(personId)}/faces/${encodeURIComponent(faceId)}/picture.jpg`),
      /** The same picture as bytes: an address alone shows no key. */
      picture: (personId: string, faceId: string): Promise<Uint8Array> =>
        bytesOf(request(`${person(personId)}/faces/${encodeURIComponent(faceId)}/picture.jpg`)),
      remove: (personId: string, faceId: string, options?: RemoveOptions) =>
        remove(`${person(personId)}/faces/${encodeURIComponent(faceId)}`, options),
    },
    gallery: {
      /** The whole gallery as the bytes of one file. */
      async export(): Promise<ReadableStream<Uint8Array>> {
        const response = await successful(await request('/v1/gallery/export', { timeoutMs: 0 }));
        return response.body ?? new Blob([]).stream();
      },
      /** `merge` keeps people who are there as they are, `replace` makes the gallery that of the file. */
      import: (file: Uint8Array | Blob, mode: 'merge' | 'replace' = 'merge') =>
        jsonOf<ImportReport>(request('/v1/gallery/import', { method: 'POST', bytes: file, query: { mode }, timeoutMs: 0 })),
    },
    streams: streamFunctions(request),
    events: eventFunctions(request),
    presence: presenceFunctions(request),
    tracks: trackFunctions(request),
    servedModels: modelFunctions(request),
    keys: keyFunctions(request),
    session: sessionFunctions(request),
  };
}
