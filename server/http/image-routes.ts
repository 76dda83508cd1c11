// One image, one answer: the same payload as a stream's `result`, without memory of other images.
import type { OkPayload, Task } from '../../protocol/payloads.js';
import { imageQuery } from '../query-fields.js';
import { recogniseOptions } from '../recognise-options.js';
import type { ServiceState } from '../service-state.js';
import { jsonReply } from './reply.js';
import { requestImage } from './request-image.js';
import type { Route } from './router.js';

const TASK_OF_PATH = {
  detect: 'detect',
  embed: 'embed',
  identify: 'faces',
  classify: 'classify',
  objects: 'objects',
} as const satisfies Record<string, Task>;

export function imageRoutes(state: ServiceState, maxFrameBytes: number): Route[] {
  return Object.entries(TASK_OF_PATH).map(([path, task]) => ({
    method: 'POST',
    pattern: `/v1/${path}`,
    right: 'recognise',
    handle: async (exchange) => {
      const pipeline = state.requirePipeline();
      const options = recogniseOptions({ task, ...imageQuery(exchange.query) });
      pipeline.modelFor(options);
      const opening = pipeline.prepare(options);
      if (opening !== null) await exchange.holdingBody(opening);
      const image = await requestImage(exchange, maxFrameBytes);
      return jsonReply(200, withoutTracks(await pipeline.recognise(image, options, exchange.signal)));
    },
  }));
}

function withoutTracks(payload: OkPayload): OkPayload {
  if (!('faces' in payload)) return payload;
  return {
    ...payload,
    faces: payload.faces.map((face) => {
      if (!('track' in face)) return face;
      const { track: _track, ...rest } = face;
      return rest;
    }),
  };
}
