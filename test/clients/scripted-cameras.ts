// Registered streams, kept events and tracks over HTTP, in memory, to test the clients against. Addresses are told with
// `***` for what stands before the `@`.
import type { IncomingMessage, ServerResponse } from 'node:http';
import sharp from 'sharp';
import type { ScriptedEvents } from './scripted-events.js';
import type { Message } from './scripted-service.js';

/** A real one: its size is told. */
const TESTED = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'green' } })
  .jpeg()
  .toBuffer();
export const SNAPSHOT = Buffer.of(0xff, 0xd8, 0xff, 0xd9);

export function scriptedCameras(events?: ScriptedEvents) {
  const streams = new Map<string, Message>();
  /** Bodies of the addresses that were tried. */
  const tried: Message[] = [];

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = (chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {}) as Message;
    const url = new URL(request.url ?? '/', 'http://host');
    const send = (status: number, value?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    const fail = (status: number, code: string, message: string) => send(status, { error: { code, message } });
    const [, , resource, id = '', sub] = url.pathname.split('/').map(decodeURIComponent);

    if (resource === 'events') return send(200, pageOf(events?.kept ?? [], url.searchParams));
    if (resource === 'tracks') {
      if (id !== 't1') return fail(404, 'NOT_FOUND', 'There is no such track in view.');
      const faces = ['f1', 'f2'].map((face) => ({ face, id: face, person: body.person, quality: 0.9, box: [1, 2, 3, 4] }));
      return send(201, { person: body.person, track: id, faces });
    }
    if (resource !== 'streams') return fail(404, 'NOT_FOUND', 'nothing here');
    if (id === '' && request.method === 'GET') {
      // Two a page, so that paging is used.
      const all = [...streams.values()];
      const from = all.findIndex((one) => one.id === url.searchParams.get('after')) + 1;
      const page = all.slice(from, from + 2);
      return send(200, { streams: page.map(answerOf), ...(from + 2 < all.length ? { next: page[1]?.id } : {}) });
    }
    if (id === '') {
      if (streams.has(String(body.id))) return fail(409, 'STREAM_EXISTS', `The stream ${String(body.id)} is registered already.`);
      streams.set(String(body.id), { task: 'faces', enabled: true, created_at: 0, updated_at: 0, ...body });
      return send(201, answerOf(streams.get(String(body.id)) ?? {}));
    }
    if (id === 'test' && request.method === 'POST') {
      tried.push(body);
      if (String(body.url).includes('nowhere')) return fail(502, 'SOURCE_FAILED', 'No picture: the connection is refused.');
      const kind = String(body.url).includes('snap') ? 'still' : String(body.url).startsWith('http') ? 'mjpeg' : 'video';
      response.writeHead(200, { 'content-type': 'image/jpeg', 'onlooker-source': kind });
      return void response.end(TESTED);
    }
    const stream = streams.get(id);
    if (!stream) return fail(404, 'NOT_FOUND', `There is no stream ${id}.`);
    if (sub === 'snapshot.jpg') {
      if (!stream.enabled) return fail(502, 'SOURCE_FAILED', 'There is no picture of this stream: disabled.');
      return void response.end(url.searchParams.get('overlay') === '1' ? Buffer.concat([SNAPSHOT, SNAPSHOT]) : SNAPSHOT);
    }
    if (request.method === 'DELETE') return (streams.delete(id), send(204));
    if (request.method === 'PATCH') Object.assign(stream, body);
    return send(200, answerOf(stream));
  }

  return { streams, tried, onRequest: (request: IncomingMessage, response: ServerResponse) => void respond(request, response) };
}

function answerOf(stream: Message): Message {
  const isRunning = stream.enabled === true;
  const isUp = !String(stream.url).includes('nowhere');
  const isStill = String(stream.url).includes('snap');
  const format = isStill
    ? { codec: 'mjpeg', width: 640, height: 480, fps: null, still: true }
    : { codec: 'h264', width: 1920, height: 1080, fps: 25 };
  return {
    ...Object.fromEntries(Object.entries(stream).filter(([, value]) => value !== null)),
    url: String(stream.url).replace(/:\/\/[^/@]*@/, '://***@'),
    state: !isRunning ? 'disabled' : isUp ? 'live' : 'backoff',
    reason: isRunning && !isUp ? 'the camera refused the connection' : null,
    since: 1000,
    ...(isRunning && {
      format: isUp ? format : null,
      frames: { received: 10, ok: 9, dropped: 1, errors: 0, skipped: 3 },
    }),
  };
}

/** At most three a page. */
function pageOf(kept: readonly Message[], query: URLSearchParams): Message {
  const [since, before] = [query.get('since'), query.get('before')];
  const wanted = kept.filter(
    ({ id, stream }) =>
      (since === null || String(id) > since) &&
      (before === null || String(id) < before) &&
      (query.get('stream') ?? stream) === stream,
  );
  const isForward = since !== null && before === null;
  const events = isForward ? wanted.slice(0, 3) : wanted.slice(-3);
  if (events.length === wanted.length) return { events: events.map(jsonOf) };
  return { events: events.map(jsonOf), ...(isForward ? { next: events.at(-1)?.id } : { previous: events[0]?.id }) };
}

function jsonOf(event: Message): Message {
  const { thumbnail } = event;
  return thumbnail instanceof Uint8Array ? { ...event, thumbnail: Buffer.from(thumbnail).toString('base64') } : event;
}
