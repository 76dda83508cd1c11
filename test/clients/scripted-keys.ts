// `/v1/keys` in memory, to test the command line against.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CreatedKey, KeyRecord, NewKey } from '../../protocol/keys.js';

export function scriptedKeys() {
  const keys = new Map<string, KeyRecord>();
  const bodies: NewKey[] = [];

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const send = (status: number, value?: unknown) =>
      void response.writeHead(status).end(value === undefined ? undefined : JSON.stringify(value));
    const id = /^\/v1\/keys\/(.+)$/.exec(request.url ?? '')?.[1];
    const known = keys.get(id ?? '');
    if (id !== undefined) {
      if (known) keys.set(id, { ...known, revoked_at: 2_000 });
      return send(known ? 204 : 404, known ? undefined : { error: { code: 'NOT_FOUND', message: 'There is no such key.' } });
    }
    if (request.method === 'GET') return send(200, { keys: [...keys.values()] });
    const body = JSON.parse(Buffer.concat(chunks).toString()) as NewKey;
    bodies.push(body);
    const made = `aaaaaaa${keys.size + 1}`;
    const { name, roles, streams = ['*'], expires_at = null } = body;
    const record = { id: made, name, roles, streams, prefix: `onl_${made}`, created_at: 1_000, expires_at };
    keys.set(made, { ...record, last_used_at: null });
    return send(201, { ...record, key: `onl_${made}_${'s'.repeat(43)}` } satisfies CreatedKey);
  }

  return { keys, bodies, onRequest: (request: IncomingMessage, response: ServerResponse) => void respond(request, response) };
}
