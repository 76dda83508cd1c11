// The gallery over HTTP: people and their faces. Names pass through here and must never be logged.
import { z } from 'zod';
import { MOST_TWINS } from '../../pipeline/tasks/faces/gallery/twins.js';
import { externalIdSchema, metadataSchema, nameSchema } from '../../pipeline/tasks/faces/gallery/records.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { ServiceState } from '../service-state.js';
import { pageOf } from './paging.js';
import { jpegReply, jsonReply, NO_CONTENT } from './reply.js';
import { requestImage } from './request-image.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';
import { validated } from '../../protocol/validated.js';

const personPatchSchema = z.object({
  name: nameSchema.optional(),
  external_id: externalIdSchema.nullable().optional(),
  metadata: metadataSchema.optional(),
});
const newPersonSchema = personPatchSchema.extend({ name: nameSchema });
const personIdSchema = z.string().min(1).max(128);
const mergeSchema = z.object({ from: personIdSchema });
const twinSchema = z.object({ of: personIdSchema });
/** Ids of people who resemble the one who is enrolled, and are others. */
export const twinOfSchema = z.array(personIdSchema).max(MOST_TWINS);

export function peopleRoutes(state: ServiceState, maxFrameBytes: number): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/people',
      right: 'view',
      handle: ({ query }) => jsonReply(200, state.requireGallery().listPeople(pageOf(query))),
    },
    {
      method: 'POST',
      pattern: '/v1/people',
      right: 'enrol',
      handle: async (exchange) => {
        const gallery = state.requireGallery();
        return jsonReply(201, await gallery.createPerson(await requestJson(exchange, newPersonSchema)));
      },
    },
    {
      method: 'GET',
      pattern: '/v1/people/lookalikes',
      right: 'view',
      handle: async ({ query }) => jsonReply(200, await state.requirePipeline().faces.lookalikes(pageOf(query).limit)),
    },
    {
      method: 'GET',
      pattern: '/v1/people/:id',
      right: 'view',
      handle: (exchange) => {
        const person = state.requireGallery().person(exchange.param(0));
        if (person === undefined) throw noPerson();
        return jsonReply(200, person);
      },
    },
    {
      method: 'PATCH',
      pattern: '/v1/people/:id',
      right: 'enrol',
      handle: async (exchange) => {
        const gallery = state.requireGallery();
        const patch = await requestJson(exchange, personPatchSchema);
        return jsonReply(200, await gallery.updatePerson(exchange.param(0), patch));
      },
    },
    {
      method: 'DELETE',
      pattern: '/v1/people/:id',
      right: 'enrol',
      handle: async (exchange) => {
        const id = exchange.param(0);
        await state.requireGallery().deletePerson(id);
        await state.requireEvents().forgetPeople([id]);
        return NO_CONTENT;
      },
    },
    {
      method: 'POST',
      pattern: '/v1/people/:id/merge',
      right: 'enrol',
      handle: async (exchange) => {
        const gallery = state.requireGallery();
        const { from } = await requestJson(exchange, mergeSchema);
        const { id, name } = await gallery.mergePeople(exchange.param(0), from);
        await state.requireEvents().mergePeople(from, { id, name });
        return jsonReply(200, gallery.person(id));
      },
    },
    {
      method: 'POST',
      pattern: '/v1/people/:id/twins',
      right: 'enrol',
      handle: async (exchange) => {
        const { of } = await requestJson(exchange, twinSchema);
        return jsonReply(200, await state.requireGallery().declareTwins(exchange.param(0), of));
      },
    },
    {
      method: 'DELETE',
      pattern: '/v1/people/:id/twins/:other',
      right: 'enrol',
      handle: async (exchange) => {
        await state.requireGallery().undeclareTwins(exchange.param(0), exchange.param(1));
        return NO_CONTENT;
      },
    },
    ...faceRoutes(state, maxFrameBytes),
  ];
}

function faceRoutes(state: ServiceState, maxFrameBytes: number): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/people/:id/faces',
      right: 'view',
      handle: (exchange) => jsonReply(200, state.requireGallery().listFaces(exchange.param(0), pageOf(exchange.query))),
    },
    {
      method: 'POST',
      pattern: '/v1/people/:id/faces',
      right: 'enrol',
      handle: async (exchange) => {
        const pipeline = state.requirePipeline();
        if (state.requireGallery().person(exchange.param(0)) === undefined) throw noPerson();
        const twinOf = validated(twinOfSchema, exchange.query.getAll('twin_of'));
        const image = await requestImage(exchange, maxFrameBytes);
        const { face, created } = await pipeline.faces.enrol(exchange.param(0), image, twinOf, exchange.signal);
        return jsonReply(created ? 201 : 200, { face: face.id, ...face });
      },
    },
    {
      method: 'GET',
      pattern: '/v1/people/:id/faces/:face/picture.jpg',
      right: 'view',
      handle: async (exchange) => {
        // In no cache: a picture goes with its face.
        return jpegReply(await state.requireGallery().picture(exchange.param(0), exchange.param(1)));
      },
    },
    {
      method: 'DELETE',
      pattern: '/v1/people/:id/faces/:face',
      right: 'enrol',
      handle: async (exchange) => {
        await state.requireGallery().deleteFace(exchange.param(0), exchange.param(1));
        return NO_CONTENT;
      },
    },
  ];
}

const noPerson = (): OnlookerError => new OnlookerError('NOT_FOUND', 'There is no such person.');
