// Bodies whose end does not come are bounded over all connections, and their memory is free again when they are gone.
import { readFile } from 'node:fs/promises';
import { connect, type Socket as TcpSocket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UnfinishedBodies } from '../../server/memory/unfinished-bodies.js';
import { UnfinishedBytes } from '../../server/memory/unfinished-bytes.js';
import { OnlookerError } from '../../protocol/errors.js';
import { fixture } from '../fixtures.js';
import { startService, until, type RunningService } from './support/service.js';

const MB = 1024 * 1024;
let service: RunningService;
let face: Buffer;

beforeAll(async () => {
  service = await startService({ ONLOOKER_MAX_UNFINISHED_MB: '16' });
  face = await readFile(await fixture('franck_01829.jpg'));
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

const announced = Buffer.concat([
  Buffer.from(`POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${5 * MB}\r\n\r\n`),
  Buffer.alloc(5 * MB - 1),
]);
const chunked = Buffer.concat([
  Buffer.from(`POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${(5 * MB).toString(16)}\r\n`),
  Buffer.alloc(5 * MB - 1),
]);

test.each([
  ['of an announced length', announced],
  ['in chunks', chunked],
])('bodies %s whose last byte is withheld are refused beyond the bound', async (_name, bytes) => {
  const attackers = await Promise.all(Array.from({ length: 12 }, () => Attacker.connect(service.port)));
  for (const attacker of attackers) attacker.socket.write(bytes);
  await until(() => (attackers.filter(({ heard }) => heard !== '').length >= 9 ? true : undefined));
  for (const { heard } of attackers.filter(({ heard }) => heard !== '')) {
    expect(heard).toMatch(/^HTTP\/1\.1 503 /);
    expect(heard).toMatch(/\r\nretry-after: [1-3]\r\n/);
    expect(heard).toContain('"OVERLOADED"');
  }
  for (const { socket } of attackers) socket.destroy();
  const answer = await until(async () => {
    const response = await fetch(`${service.url}/v1/detect`, { method: 'POST', body: new Uint8Array(face) });
    return response.ok ? response : undefined;
  });
  expect(answer.status).toBe(200);
});

class Attacker {
  heard = '';
  private constructor(readonly socket: TcpSocket) {
    socket.on('data', (chunk: Buffer) => (this.heard += chunk.toString()));
    socket.on('error', () => undefined);
  }
  static async connect(port: number): Promise<Attacker> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    return new Attacker(socket);
  }
}

function bodiesOf(limitBytes: number) {
  const unfinished = new UnfinishedBytes(limitBytes);
  const clock = { ms: 0 };
  return { unfinished, clock, bodies: new UnfinishedBodies(unfinished, () => clock.ms) };
}
const never = (): void => {
  throw new Error('given up');
};

test('a body takes its room when it begins, and gives it back however it ends', () => {
  const { unfinished, bodies } = bodiesOf(100);
  const finished = bodies.begin(4, never);
  const dropped = bodies.begin(40, never);
  const unknown = bodies.begin(0, never);
  unknown.take(new Uint8Array([7, 8]).buffer);
  unknown.take(new Uint8Array([9]).buffer);
  finished.take(new Uint8Array([1, 2]).buffer);
  finished.take(new Uint8Array([3, 4]).buffer);
  expect(unfinished.heldBytes).toBe(47);
  expect([...finished.finish()]).toEqual([1, 2, 3, 4]);
  expect([...unknown.finish()]).toEqual([7, 8, 9]);
  dropped.drop();
  dropped.drop();
  expect(unfinished.heldBytes).toBe(0);
});

test('bodies leave room for messages, and messages count against them', () => {
  const { unfinished, bodies } = bodiesOf(100);
  expect(() => bodies.begin(76, never)).toThrow(OnlookerError);
  unfinished.share().set(50);
  expect(() => bodies.begin(51, never)).toThrow(OnlookerError);
  bodies.begin(50, never).drop();
  expect(unfinished.heldBytes).toBe(50);
});

test('whoever sends nothing gives way, whoever sends does not', () => {
  const { bodies, clock } = bodiesOf(100);
  const givenUp: string[] = [];
  bodies.begin(35, () => givenUp.push('silent'));
  const active = bodies.begin(35, () => givenUp.push('active'));
  clock.ms = 2000;
  active.take(new ArrayBuffer(1));
  let refusal: unknown;
  try {
    bodies.begin(30, never);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: 'OVERLOADED', retryAfterMs: 1000 });
  clock.ms += 1000;
  bodies.begin(30, never);
  expect(givenUp).toEqual(['silent']);
});
