// The whole gallery as one file, out and in. Neither way is it ever held in memory as a whole.
import { z } from 'zod';
import type { ServiceState } from '../service-state.js';
import { validated } from '../validate.js';
import { jsonReply } from './reply.js';
import type { Route } from './router.js';

const importQuerySchema = z.object({ mode: z.enum(['merge', 'replace']) });

export function galleryRoutes(state: ServiceState, maxImportBytes: number): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/gallery/export',
      right: 'administer',
      handle: () => ({
        status: 200,
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': `attachment; filename="onlooker-gallery-${new Date().toISOString().slice(0, 10)}.bin"`,
        },
        body: state.requireGallery().exportAll(),
      }),
    },
    {
      method: 'POST',
      pattern: '/v1/gallery/import',
      right: 'administer',
      handle: async (exchange) => {
        const gallery = state.requireGallery();
        const { mode } = validated(importQuerySchema, { mode: exchange.query.get('mode') ?? 'merge' });
        const report = await gallery.importAll(exchange.bodyStream(maxImportBytes), mode);
        await state.requireEvents().reconcilePeople((id) => gallery.person(id) !== undefined);
        return jsonReply(200, report);
      },
    },
  ];
}
