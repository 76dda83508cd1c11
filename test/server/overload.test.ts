// Far more frames than the machine can serve: every one is accounted for, on both sides, and latency stays bounded.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { startService, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

const STREAMS = 4;
const FRAMES = 400;

let service: RunningService;
let face: Buffer;

beforeAll(async () => {
  service = await startService();
  face = await readFile(await fixture('franck_01829.jpg'));
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

test('at ten times the rate that can be served received = ok + dropped + errors everywhere, in order, within the deadline', async () => {
  const sockets = await Promise.all(
    Array.from({ length: STREAMS }, (_, index) => Socket.withStream(service.wsUrl, { stream: `flood-${index}` })),
  );
  await Promise.all(sockets.map((socket, index) => flood(socket, `flood-${index}`)));
  const totals = { ok: 0, dropped: 0 };
  for (const socket of sockets) {
    const results: Message[] = [];
    for (let i = 0; i < FRAMES; i++) results.push(await socket.next('result'));
    expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: FRAMES }, (_, seq) => seq));
    const { stats } = (await socket.next('closed')) as unknown as { stats: Record<string, number> };
    const count = (status: string): number => results.filter((result) => result['status'] === status).length;
    expect(stats).toEqual({ received: FRAMES, ok: count('ok'), dropped: count('dropped'), errors: 0 });
    expect(count('ok')).toBeGreaterThan(0);
    // The newest frame wins: the last one sent is never the one that is dropped.
    expect(results.at(-1)?.['status']).toBe('ok');
    for (const { status, timing } of results) if (status === 'ok') expect((timing as { total: number }).total).toBeLessThan(2500);
    totals.ok += count('ok');
    totals.dropped += count('dropped');
    await socket.close();
  }
  expect(totals.dropped).toBeGreaterThan(totals.ok);
  expect(await service.metric('onlooker_frames_received_total')).toBe(STREAMS * FRAMES);
  expect(await service.metric('onlooker_frames_total{outcome="ok"}')).toBe(totals.ok);
  expect(await service.metric('onlooker_frames_total{outcome="dropped"}')).toBe(totals.dropped);
  expect(await service.metric('onlooker_frames_dropped_total')).toBe(totals.dropped);
  expect(await service.metric('onlooker_waiting_bytes')).toBe(0);
});

test('a client within its credits loses nothing while others flood', async () => {
  const [good, bad] = [
    await Socket.withStream(service.wsUrl, { stream: 'good' }),
    await Socket.withStream(service.wsUrl, { stream: 'bad' }),
  ];
  const flooding = flood(bad, 'bad');
  for (let seq = 0; seq < 20; seq++) {
    good.raw(face);
    expect(await good.next('result')).toMatchObject({ seq, status: 'ok' });
  }
  await flooding;
  await Promise.all([good.close(), bad.close()]);
});

/** Sends a frame every 2 ms and closes the stream. */
async function flood(socket: Socket, stream: string): Promise<void> {
  for (let i = 0; i < FRAMES; i++) {
    socket.send({ t: 'frame', stream, image: face });
    if (i % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 8));
  }
  socket.send({ t: 'close', stream });
}
