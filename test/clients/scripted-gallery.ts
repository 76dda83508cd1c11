// The gallery part of the HTTP interface, in memory, to test the clients against. An image is judged by its last byte:
// 0 holds no face, 1 two faces, 2 a blurred one, anything else a good one.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface ScriptedPerson {
  readonly id: string;
  name: string;
  readonly external_id: string | null;
  readonly metadata: object;
  readonly created_at: number;
  readonly updated_at: number;
  faces: number;
}
const REFUSALS = [
  ['NO_FACE', 'no face was found', undefined],
  ['SEVERAL_FACES', 'two faces were found', undefined],
  [
    'LOW_QUALITY',
    'the face is blurred: sharpness 0.08, at least 0.20 is needed',
    { measure: 'sharpness', value: 0.08, least: 0.2 },
  ],
] as const;

export function scriptedGallery() {
  const people = new Map<string, ScriptedPerson>();
  const images = new Set<string>();
  let count = 0;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', 'http://host');
    const send = (status: number, value?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    const fail = (status: number, code: string, message: string, details?: object) =>
      send(status, { error: { code, message, details } });
    const [, , resource, id, sub] = url.pathname.split('/').map(decodeURIComponent);
    const person = people.get(id ?? '');

    if (url.pathname === '/health') return send(200, { status: 'ok' });
    if (url.pathname === '/ready') return send(503, { missing: ['models'] });
    if (url.pathname === '/v1/gallery/export') return void response.end('GALLERY');
    if (url.pathname === '/v1/gallery/import') {
      if (body.toString() !== 'GALLERY') return fail(422, 'BAD_GALLERY', 'the file is damaged');
      return send(200, { added: 1, replaced: 0, kept: ['p9'], faces: 3, mode: url.searchParams.get('mode') });
    }
    if (resource !== 'people') return fail(404, 'NOT_FOUND', 'nothing here');
    if (id === undefined && request.method === 'GET') {
      // Two a page, so that paging is used.
      const all = [...people.values()];
      const start = all.findIndex((one) => one.id === url.searchParams.get('after')) + 1;
      const page = all.slice(start, start + 2);
      return send(200, { people: page, ...(start + 2 < all.length ? { next: page[1]?.id } : {}) });
    }
    if (id === undefined) {
      const fields = JSON.parse(body.toString()) as { name: string; external_id?: string };
      const one = { id: `p${++count}`, external_id: null, metadata: {}, created_at: 0, updated_at: 0, faces: 0, ...fields };
      people.set(one.id, one);
      return send(201, one);
    }
    if (!person) return fail(404, 'NOT_FOUND', 'there is no such person');
    if (sub === 'faces' && request.method === 'POST') {
      const refusal = REFUSALS[body[body.length - 1] ?? 0];
      if (refusal) return fail(422, refusal[0], refusal[1], refusal[2]);
      const isKnown = images.has(person.id + body.toString('hex'));
      images.add(person.id + body.toString('hex'));
      if (!isKnown) person.faces += 1;
      return send(isKnown ? 200 : 201, { face: `f${images.size}`, quality: 0.82, box: [1, 2, 30, 40] });
    }
    if (sub === 'faces')
      return send(200, { faces: [{ id: 'f1', person: person.id, quality: 0.8, box: [1, 2, 3, 4], created_at: 0 }] });
    if (request.method === 'DELETE') return (people.delete(person.id), send(204));
    if (request.method === 'PATCH') Object.assign(person, JSON.parse(body.toString()));
    return send(200, person);
  }

  return { people, onRequest: (request: IncomingMessage, response: ServerResponse) => void respond(request, response) };
}
