// Where a body ends is never in doubt: what a proxy before the service could read otherwise is refused, and ends the connection.
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, type RunningService } from './support/service.js';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const BODY = '{"key":"a"}';
const CHUNKED = `b\r\n${BODY}\r\n0\r\n\r\n`;

/** What comes back for a request and the next one on the same connection, until the service has closed it or answered both. */
function answersTo(
  headers: readonly string[],
  body: string,
  { start = 'POST /v1/session', isAlone = false } = {},
): Promise<string> {
  const { port } = service;
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (data: Buffer) => {
      received += data.toString();
      if (received.includes('"version"')) socket.destroy();
    });
    socket.on('error', () => undefined).on('close', () => resolve(received));
    const host = `Host: localhost:${port}`;
    const first = [`${start} HTTP/1.1`, host, 'Content-Type: application/json', ...headers].join('\r\n');
    socket.write(`${first}\r\n\r\n${body}${isAlone ? '' : `GET /health HTTP/1.1\r\n${host}\r\n\r\n`}`);
  });
}

test.each([
  [['Content-Length: 11', 'Content-Length: 3'], BODY],
  [['Content-Length: 0', 'Content-Length: 11'], BODY],
  [['Content-Length:', 'Content-Length: 11'], BODY],
  [['Content-Length:'], BODY],
  [['Content-Length: 11', 'Content-Length: 011'], BODY],
  [['Content-Length: 11, 11'], BODY],
  [['Content-Length: +11'], BODY],
  [['Content-Length: abc'], BODY],
  [['Content-Length: -5'], BODY],
  [['Content-Length: Infinity'], BODY],
  [['Content-Length: 1e1'], BODY],
  [['Content-Length: 0xb'], BODY],
  [['Content-Length: 99999999999999999999'], BODY],
  [['Content-Length: 3', 'Transfer-Encoding: chunked'], CHUNKED],
  [['Transfer-Encoding: chunked', 'Content-Length: 3'], CHUNKED],
  [['Transfer-Encoding: identity'], CHUNKED],
  [['Transfer-Encoding: gzip, chunked'], CHUNKED],
  [['Transfer-Encoding: chunked, chunked'], CHUNKED],
  [['Transfer-Encoding: xchunked'], CHUNKED],
  [['Transfer-Encoding:'], CHUNKED],
  [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], CHUNKED],
  [['Transfer-Encoding : chunked'], CHUNKED],
])('%j is refused and nothing after it is answered', async (headers, body) => {
  const received = await answersTo(headers, body);
  expect(received.match(/HTTP\/1\.1 \d+/g) ?? ['HTTP/1.1 400']).toEqual(['HTTP/1.1 400']);
  expect(await answersTo(headers, body, { isAlone: true })).toMatch(/^HTTP\/1\.1 400 /);
});

test.each(['GET /health', 'GET /nowhere', 'PUT /v1/people', 'GET /v1/ws', 'OPTIONS /v1/people'])(
  'so it is with %s',
  async (start) => {
    const headers = ['Content-Length: 0', 'Content-Length: 11'];
    const received = await answersTo(headers, BODY, { start });
    expect(received.match(/HTTP\/1\.1 \d+/g) ?? ['HTTP/1.1 400']).toEqual(['HTTP/1.1 400']);
    expect(await answersTo(headers, '', { start, isAlone: true })).toMatch(/^HTTP\/1\.1 400 /);
  },
);

test.each([
  [['Content-Length: 11'], BODY],
  [['Content-Length: 11', 'Content-Length: 11'], BODY],
  [['Transfer-Encoding: chunked'], CHUNKED],
  [['Transfer-Encoding: Chunked'], CHUNKED],
])('%j is plain, and the next request is answered', async (headers, body) => {
  expect(await answersTo(headers, body)).toContain('"version"');
});
