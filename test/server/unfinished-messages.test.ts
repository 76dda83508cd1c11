// Messages whose end does not come are bounded over all connections, whoever else is served meanwhile.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { UnfinishedBytes } from '../../server/memory/unfinished-bytes.js';
import type { TcpSockets } from '../../server/memory/tcp-sockets.js';
import { UnfinishedMessages, type UnfinishedWatch } from '../../server/ws/unfinished-messages.js';
import { fixture } from '../fixtures.js';
import { frame, RawWebSocket } from './support/raw-web-socket.js';
import { startService, until, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

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

const attacks: [name: string, bytes: Buffer, rest: Buffer][] = [
  ['messages whose last byte is withheld', frame({ payload: Buffer.alloc(5 * MB - 1), bytes: 5 * MB }), Buffer.alloc(1)],
  [
    'pieces with pings between, of which the last is withheld',
    Buffer.concat(
      Array.from({ length: 80 }, (_, index) => [
        frame({ payload: Buffer.alloc(65_536), opcode: index === 0 ? 2 : 0, isLast: false }),
        frame({ payload: Buffer.alloc(20), opcode: 9 }),
      ]).flat(),
    ),
    frame({ payload: Buffer.alloc(0), opcode: 0 }),
  ],
];

test.runIf(process.platform === 'linux').each(attacks)('%s are cut off until the others fit', async (_name, bytes, rest) => {
  const honest = await Socket.withStream(service.wsUrl, { stream: 'honest' });
  const refusedBefore = await service.metric('onlooker_messages_refused_total{code="OVERLOADED"}');
  const attackers: RawWebSocket[] = [];
  for (let i = 0; i < 12; i++) attackers.push(await RawWebSocket.connect(service.port));
  await Promise.all(attackers.map((attacker) => attacker.send(bytes)));
  const left = (): RawWebSocket[] => attackers.filter(({ isClosed }) => !isClosed);
  await until(() => (left().length <= 3 ? true : undefined));
  honest.raw(face);
  expect(await honest.next('result')).toMatchObject({ status: 'ok' });
  // Who fits goes on: a message that is finished is answered.
  const [survivor] = left();
  const answered = new Promise<boolean>((resolve) => survivor?.tcp.once('data', () => resolve(true)));
  await survivor?.send(rest);
  expect(await answered).toBe(true);
  expect(await service.metric('onlooker_messages_refused_total{code="OVERLOADED"}')).toBeGreaterThanOrEqual(refusedBefore + 9);
  for (const attacker of attackers) attacker.close();
  await honest.close();
});

/** A kernel as it would count for connections that only say what they received. */
function kernel() {
  const received = new Map<number, number>();
  const written = new Map<number, number>();
  const bounds = new Map<number, number>();
  const sockets: TcpSockets = {
    acceptedOn: (_port, from, most, isLeftOut) => {
      const all = [...received.keys()].filter((fd) => fd >= from && !isLeftOut(fd));
      return { fds: all.slice(0, most), next: all[most] ?? null };
    },
    figuresOf: (fd) => {
      const receivedBytes = received.get(fd);
      return receivedBytes === undefined ? null : { receivedBytes, writtenBytes: written.get(fd) ?? 0 };
    },
    unreadBytesOf: () => 0,
    boundReceiving: () => undefined,
    boundReceivingOf: (fd, bytes) => bounds.set(fd, bytes),
  };
  return { received, written, bounds, sockets };
}

function watching(limitBytes: number, isTls = false) {
  const { received, written, bounds, sockets } = kernel();
  const unfinished = new UnfinishedBytes(limitBytes);
  const cutOff: string[] = [];
  const options = { sockets, unfinished, isTls, residentBytes: () => 0, onCutOff: () => undefined };
  const messages = new UnfinishedMessages(options);
  const watches = new Map<string, UnfinishedWatch>();
  let nextFd = 10;
  return {
    unfinished,
    messages,
    cutOff,
    bounds,
    watches,
    open: (name: string, address = '10.0.0.1'): number => {
      const fd = nextFd++;
      received.set(fd, 500);
      written.set(fd, 800 + fd);
      const ping = (payload: string): void => {
        written.set(fd, (written.get(fd) ?? 0) + 2 + payload.length + (isTls ? 22 : 0));
      };
      const watch = messages.watch({ ping, remoteAddress: () => address, cutOff: () => cutOff.push(name) && watch.gone() });
      watches.set(name, watch);
      return fd;
    },
    receive: (fd: number, bytes: number): void => {
      received.set(fd, (received.get(fd) ?? 0) + bytes);
    },
    finish: (name: string, bytes: number) => watches.get(name)?.message(bytes),
  };
}

test.each([false, true])(
  'connections are told apart, and what is held is what came without whole messages (TLS: %s)',
  (isTls) => {
    const { open, receive, finish, messages, unfinished } = watching(100 * MB, isTls);
    const fds = Array.from({ length: 300 }, (_, index) => open(`camera-${index}`));
    fds.forEach((fd, index) => receive(fd, 80_014 + index * 1000));
    fds.forEach((_, index) => index !== 7 && index !== 200 && finish(`camera-${index}`, 80_000 + index * 1000));
    // A few at a time are recognised where each takes a look at all the others.
    for (let looks = 0; looks < 30; looks++) messages.lookAtSome();
    expect(unfinished.heldBytes).toBeGreaterThan(87_000 + 280_000);
    expect(unfinished.heldBytes).toBeLessThan(87_000 + 280_000 + 300 * 600);
    messages.close();
  },
);

test('of who holds too much, the oldest of the address that holds most are cut off, and no more than need be', () => {
  const { open, receive, finish, messages, cutOff, unfinished } = watching(11 * MB);
  const slow = open('slow camera', '10.0.0.9');
  const busy = open('busy camera', '10.0.0.1');
  const attackers = Array.from({ length: 5 }, (_, index) => open(`attacker-${index}`, '10.0.0.1'));
  receive(slow, 4 * MB);
  messages.lookAtSome();
  for (const fd of attackers.slice(0, 2)) receive(fd, 2 * MB);
  messages.lookAtSome();
  receive(busy, 90 * MB);
  for (let i = 0; i < 90; i++) finish('busy camera', MB - 14);
  for (const fd of attackers.slice(2)) receive(fd, 2 * MB);
  expect(cutOff).toEqual([]);
  messages.lookAtSome();
  expect([...cutOff].sort()).toEqual(['attacker-0', 'attacker-1']);
  expect(unfinished.heldBytes).toBeLessThanOrEqual(11 * MB);
  messages.close();
});

test('whoever floods is read in small bites for some time, and nobody else', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const { open, messages, bounds, watches } = watching(100 * MB);
    const [, flooding] = ['quiet', 'flood', 'other'].map((name) => open(name));
    watches.get('flood')?.flooding();
    expect([...bounds.keys()]).toEqual([flooding]);
    const narrow = bounds.get(flooding ?? 0) ?? Infinity;
    vi.advanceTimersByTime(8000);
    watches.get('flood')?.flooding();
    vi.advanceTimersByTime(8000);
    messages.lookAtSome();
    expect(bounds.get(flooding ?? 0)).toBe(narrow);
    vi.advanceTimersByTime(3000);
    messages.lookAtSome();
    expect(bounds.get(flooding ?? 0)).toBeGreaterThan(10 * narrow);
    expect([...bounds.keys()]).toEqual([flooding]);
    messages.close();
  } finally {
    vi.useRealTimers();
  }
});

test('where much more is held than there is room for, others have their turns between one look and the next', () => {
  const { open, receive, messages, cutOff, unfinished } = watching(MB);
  const fds = Array.from({ length: 400 }, (_, index) => open(`camera-${index}`));
  for (const fd of fds) receive(fd, 100_000);
  messages.lookForGrowth();
  messages.lookAtSome();
  messages.lookAtSome();
  const first = cutOff.length;
  expect(first).toBeGreaterThan(0);
  for (let look = 0; unfinished.heldBytes > unfinished.limitBytes && look < 10; look++) {
    const before = cutOff.length;
    messages.lookForGrowth();
    expect(cutOff.length - before).toBeLessThanOrEqual(250);
  }
  expect(unfinished.heldBytes).toBeLessThanOrEqual(unfinished.limitBytes);
  messages.close();
});
