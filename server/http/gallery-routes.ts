// The whole gallery as one file, out and in. Neither way is it ever held in memory as a whole.
import { z } from 'zod';
import type { ServiceState } from '../service-state.js';
import { validated } from '../../protocol/validated.js';
import { AbortedError, type Exchange } from './exchange.js';
import { jsonReply } from './reply.js';
import type { Route } from './router.js';

const importQuerySchema = z.object({ mode: z.enum(['merge', 'replace']) });

export function galleryRoutes(state: ServiceState, maxImportBytes: number): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/gallery/export',
      right: 'administer',
      handle: async (exchange) => {
        const file = state.requireGallery().exportAll();
        return {
          status: 200,
          headers: {
            'content-type': 'application/octet-stream',
            'content-disposition': `attachment; filename="onlooker-gallery-${new Date().toISOString().slice(0, 10)}.bin"`,
          },
          // Who asks for the head alone makes the service write nothing.
          body: exchange.method === 'HEAD' ? file : await begun(file, exchange),
        };
      },
    },
    {
      method: 'POST',
      pattern: '/v1/gallery/import',
      right: 'administer',
      handle: async (exchange) => {
        const gallery = state.requireGallery();
        const { mode } = validated(importQuerySchema, { mode: exchange.query.get('mode') ?? 'merge' });
        const body = exchange.bodyStream(maxImportBytes);
        try {
          const report = await gallery.importAll(body, mode, {
            signal: exchange.signal,
            announcedBytes: exchange.announcedBytes,
          });
          await state.requireEvents().reconcilePeople((id) => gallery.has(id));
          return jsonReply(200, report);
        } finally {
          // Of a file that was refused, what still comes is thrown away.
          body.destroy();
        }
      },
    },
  ];
}

/** A file whose first bytes are there: what fails before that is an answer with its own status, not a connection that is cut. */
async function begun(file: AsyncGenerator<Uint8Array>, exchange: Exchange): Promise<AsyncIterable<Uint8Array>> {
  const first = await file.next();
  if (exchange.aborted) {
    await file.return(undefined);
    throw new AbortedError();
  }
  return (async function* () {
    try {
      if (first.done !== true) yield first.value;
      yield* file;
    } finally {
      await file.return(undefined);
    }
  })();
}
