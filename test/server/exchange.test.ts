// One request and its answer on a real socket: bodies that come faster than they are read, and clients that wait or go away.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { App, us_listen_socket_close, us_socket_local_port, type us_listen_socket } from 'uWebSockets.js';
import { expect, onTestFinished, test } from 'vitest';
import { AddressSet } from '../../protocol/addresses.js';
import { forwardedReader } from '../../server/access/forwarded.js';
import { readHead } from '../../server/access/request-head.js';
import { AbortedError, Exchange } from '../../server/http/exchange.js';
import { UnfinishedBodies } from '../../server/memory/unfinished-bodies.js';
import { UnfinishedBytes } from '../../server/memory/unfinished-bytes.js';

const forwarded = forwardedReader({ trusted: AddressSet.EMPTY, scheme: 'http', basePath: '' });

/** Serves every POST by `handle`. @returns the port */
async function serve(handle: (exchange: Exchange) => Promise<void>): Promise<number> {
  const app = App().post(
    '/*',
    (res, req) =>
      void handle(
        new Exchange(res, req, readHead(res, req, forwarded), 0, new UnfinishedBodies(new UnfinishedBytes(1024 * 1024))),
      ),
  );
  const socket = await new Promise<us_listen_socket>((resolve) => app.listen('127.0.0.1', 0, (listening) => resolve(listening)));
  onTestFinished(() => {
    us_listen_socket_close(socket);
    app.close();
  });
  return us_socket_local_port(socket);
}

/** A body in two pieces of which the first is more than is read at once: both are received before the first is read. */
async function post(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const piece = `${(40_000).toString(16)}\r\n${'x'.repeat(40_000)}\r\n`;
  socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n${piece}${piece}0\r\n\r\n`);
  return socket;
}

async function bytesRead(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  // By then all of it has come.
  await sleep(100);
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

test('who waits long for the answer to a body that was read slowly is answered', { timeout: 60_000 }, async () => {
  const port = await serve(async (exchange) => {
    const bytes = await bytesRead(exchange.bodyStream(1_000_000));
    // Longer than uWebSockets.js waits for the rest of a body.
    await sleep(14_000);
    await exchange.answer({ status: 200, body: String(bytes) });
  });
  const [answer] = (await once(await post(port), 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 OK[^]*80000$/);
});

test('who goes away after such a body is noticed', async () => {
  const noticed = new Promise<unknown>((resolve) => {
    void serve(async (exchange) => {
      await bytesRead(exchange.bodyStream(1_000_000));
      exchange.signal.addEventListener('abort', () => resolve(exchange.signal.reason));
      client?.destroy();
    }).then(async (port) => (client = await post(port)));
  });
  let client: Socket | undefined;
  expect(await noticed).toBeInstanceOf(AbortedError);
});

test('a body that came while something else was waited for is read whole, and who sent it is heard after it', async () => {
  const port = await serve(async (exchange) => {
    await exchange.holdingBody(sleep(100));
    await exchange.answer({ status: 200, body: String(await bytesRead(exchange.bodyStream(1_000_000))) });
  });
  const socket = await post(port);
  const answers: string[] = [];
  for (let request = 0; request < 2; request++) {
    const [answer] = (await once(socket, 'data')) as [Buffer];
    answers.push(answer.toString().split('\r\n\r\n')[1] ?? '');
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nxx');
  }
  expect(answers).toEqual(['80000', '2']);
  // Nothing of an answered request may be touched later: that would end the process.
  await sleep(4_000);
});

test.each([
  ['came to something', () => sleep(100)],
  ['failed', () => sleep(100).then(() => Promise.reject(new Error('nobody')))],
])('where what was waited for %s, who is answered without the body that was kept is heard again', async (_outcome, work) => {
  const port = await serve(async (exchange) => {
    await exchange.holdingBody(work()).catch(() => undefined);
    await exchange.answer({ status: 403, body: 'not you' });
  });
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  // More than is read at once: the rest is still on its way when the answer is given.
  const body = 'x'.repeat(3_000_000);
  socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  for (let request = 0; request < 2; request++) {
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/not you$/);
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nxx');
  }
});

test('what is left of a body that nobody wants is thrown away, and the answer read', async () => {
  const port = await serve(async (exchange) => {
    const body = exchange.bodyStream(1_000_000);
    body.destroy();
    await exchange.answer({ status: 200, body: 'enough' });
  });
  const socket = await post(port);
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first.toString()).toMatch(/enough$/);
  socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nxx');
  const [second] = (await once(socket, 'data')) as [Buffer];
  expect(second.toString()).toMatch(/enough$/);
});
