// Clients that hold on to the service without doing anything are let go of. Slow by nature, so these run side by side.
import { connect } from 'node:net';
import WebSocket from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, until, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

let service: RunningService;
beforeAll(async () => {
  service = await startService({ ONLOOKER_IDLE_TIMEOUT_S: '8' });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

test.concurrent('a request body that comes too slowly is cut off', { timeout: 60_000 }, async () => {
  const raw = connect(service.port, '127.0.0.1');
  raw.on('error', () => undefined);
  raw.write('POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n');
  const drip = setInterval(() => raw.write('x'), 500);
  await new Promise((resolve) => raw.once('close', resolve));
  clearInterval(drip);
});

test.concurrent('a connection that answers no pings is closed and its stream forgotten', { timeout: 60_000 }, async () => {
  const dead = new WebSocket(`${service.wsUrl}?stream=dead`, { autoPong: false });
  await new Promise((resolve) => dead.once('close', resolve));
  await until(async () => ((await service.metric('onlooker_streams')) === 1 ? true : undefined));
});

test.concurrent('a connection that says nothing but answers pings stays', { timeout: 60_000 }, async () => {
  const quiet = await Socket.withStream(service.wsUrl, { stream: 'quiet' });
  await new Promise((resolve) => setTimeout(resolve, 14_000));
  quiet.send({ t: 'close', stream: 'nothing' });
  expect(await quiet.nextError()).toBe('NO_STREAM');
  await until(async () => ((await service.metric('onlooker_connections')) === 1 ? true : undefined));
  await quiet.close();
});
