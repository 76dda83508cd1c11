// Answers are made as they are read: whoever asks on without reading is cut off, and whoever reads slowly gets all of it.
import { connect, type Socket as TcpSocket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, type RunningService } from './support/service.js';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

const request = (port: number, path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;

async function paused(port: number): Promise<TcpSocket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  return socket;
}

test('the work of requests is not done whose former answers nobody reads', async () => {
  const count = 5000;
  const before = await service.metric('onlooker_http_request_seconds_count{method="GET",route="/v1/config",status="200"}');
  const socket = await paused(service.port);
  socket.write(request(service.port, '/v1/config').repeat(count));
  const closed = new Promise<number>((resolve) => {
    let answered = 0;
    socket.on('data', (chunk: Buffer) => (answered += chunk.toString('latin1').split('HTTP/1.1 200').length - 1));
    socket.once('close', () => resolve(answered));
  });
  // The service has to have read all before anything is read here: whatever it answers on another connection afterwards comes later.
  for (let turns = 0; turns < 20; turns++) await service.metric('onlooker_connections');
  socket.resume();
  expect(await closed).toBeLessThan(count / 2);
  const after = await service.metric('onlooker_http_request_seconds_count{method="GET",route="/v1/config",status="200"}');
  expect(after - before).toBeLessThan(count / 2);
});

test('a few requests that are sent together are answered in their order', async () => {
  const socket = await paused(service.port);
  socket.write(request(service.port, '/health') + request(service.port, '/v1/config') + request(service.port, '/v1/nowhere'));
  let heard = '';
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes('NOT_FOUND')) resolve();
    });
    socket.resume();
  });
  expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
  socket.destroy();
});
