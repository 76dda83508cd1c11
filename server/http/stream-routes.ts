// Registered streams over HTTP. Their addresses go in with passwords and never come out with them.
import type { AnsweredPicture } from '../../pipeline/cameras/camera.js';
import { OnlookerError } from '../../protocol/errors.js';
import { SOURCE_KIND_HEADER, sourceKind } from '../../protocol/source-kind.js';
import { newStreamBodySchema, streamPatchBodySchema, streamTestBodySchema } from '../../protocol/streams.js';
import type { DrawnSnapshots } from '../drawn-snapshots.js';
import type { ServiceState } from '../service-state.js';
import type { Exchange } from './exchange.js';
import { pageOf } from './paging.js';
import { jpegReply, jsonReply, NO_CONTENT, type Reply } from './reply.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';

export function streamRoutes(state: ServiceState, drawn: DrawnSnapshots): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/streams',
      right: 'view',
      handle: ({ query, principal: { streams } }) =>
        jsonReply(
          200,
          state.requireCameras().list(pageOf(query), (id) => streams.has(id)),
        ),
    },
    {
      method: 'POST',
      pattern: '/v1/streams',
      right: 'administer',
      handle: async (exchange) => {
        const cameras = state.requireCameras();
        return jsonReply(201, await cameras.add(await requestJson(exchange, newStreamBodySchema)));
      },
    },
    {
      method: 'POST',
      pattern: '/v1/streams/test',
      right: 'administer',
      handle: async (exchange) => {
        const cameras = state.requireCameras();
        const { picture, format } = await cameras.test(await requestJson(exchange, streamTestBodySchema));
        const reply = jpegReply(picture);
        const kind = format === null ? 'video' : sourceKind(format);
        return { ...reply, headers: { ...reply.headers, [SOURCE_KIND_HEADER]: kind } };
      },
    },
    {
      method: 'GET',
      pattern: '/v1/streams/:id',
      right: 'view',
      handle: (exchange) => jsonReply(200, state.requireCameras().get(visibleStream(exchange))),
    },
    {
      method: 'PATCH',
      pattern: '/v1/streams/:id',
      right: 'administer',
      handle: async (exchange) => {
        const cameras = state.requireCameras();
        return jsonReply(200, await cameras.change(exchange.param(0), await requestJson(exchange, streamPatchBodySchema)));
      },
    },
    {
      method: 'DELETE',
      pattern: '/v1/streams/:id',
      right: 'administer',
      handle: async (exchange) => {
        await state.requireCameras().remove(exchange.param(0));
        return NO_CONTENT;
      },
    },
    {
      method: 'GET',
      pattern: '/v1/streams/:id/snapshot.jpg',
      right: 'view',
      handle: (exchange) => snapshot(state, drawn, exchange),
    },
  ];
}

/** The id of the address. @throws OnlookerError NOT_FOUND for one that the asker may not see */
function visibleStream(exchange: Exchange): string {
  const id = exchange.param(0);
  if (!exchange.principal.streams.has(id)) throw new OnlookerError('NOT_FOUND');
  return id;
}

/** Which frame it is, by the `seq` of its result: who follows the results can draw them on their own picture. */
const SEQ_HEADER = 'onlooker-seq';

const isAsked = ({ query }: Exchange, name: string): boolean => !['0', 'false', null].includes(query.get(name));

async function snapshot(state: ServiceState, drawn: DrawnSnapshots, exchange: Exchange): Promise<Reply> {
  const stream = visibleStream(exchange);
  const { jpeg, answered } = state.requireCameras().picture(stream);
  const isOverlaid = isAsked(exchange, 'overlay');
  if (isAsked(exchange, 'answered') && !isOverlaid) {
    if (answered === null) throw new OnlookerError('SOURCE_FAILED', 'No picture of this stream was answered yet.');
    const reply = jpegReply(answered.jpeg);
    return { ...reply, headers: { ...reply.headers, [SEQ_HEADER]: String(answered.seq) } };
  }
  if (!isOverlaid) return jpegReply(jpeg);
  if (answered === null) return jpegReply(jpeg);
  // The picture that the answer belongs to, so that boxes lie on their faces.
  const newest = (): AnsweredPicture => state.requireCameras().picture(stream).answered ?? answered;
  return jpegReply(await drawn.of(stream, newest));
}
