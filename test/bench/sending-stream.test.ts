// The cameras of the benchmarks against a real service: what they count must be what the service counts.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SendingStream } from '../../bench/load/sending-stream.js';
import type { ResultMessage } from '../../protocol/messages.js';
import { fixture } from '../fixtures.js';
import { startService, until, type RunningService } from '../server/support/service.js';

let service: RunningService;
let image: Buffer;
beforeAll(async () => {
  image = await readFile(await fixture('franck_01829.jpg'));
  // A busy machine must not lose frames to the deadline: this is about what is counted.
  service = await startService({ ONLOOKER_DEADLINE_MS: '60000' });
});
afterAll(() => service.stop());

async function camera(stream: string) {
  const results: { status: ResultMessage['status']; dueMs: number }[] = [];
  const opened = await SendingStream.open({
    url: service.url,
    stream,
    fields: { task: 'faces', send: 'frames', tracking: 'false' },
    onResult: ({ status }, dueMs) => results.push({ status, dueMs }),
  });
  return { opened, results };
}

test('within its credits every frame is answered, and both accounts are the same', async () => {
  const { opened, results } = await camera('within-credits');
  for (let count = 0; count < 6; count++) {
    expect(opened.unanswered).toBeLessThan(opened.credits);
    opened.send(image, count);
    await opened.credit();
  }
  await opened.settled();
  const closed = await opened.close();
  expect(closed).toEqual({ received: 6, ok: 6, dropped: 0, errors: 0 });
  expect(opened.account).toEqual(closed);
  expect(results.map(({ dueMs }) => dueMs)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('with more than its credits, and with images that are bad, they are the same too', async () => {
  const { opened, results } = await camera('overfull');
  for (let count = 0; count < 40; count++) opened.send(count % 5 === 0 ? image.subarray(0, 3000) : image, count);
  const closed = await opened.close();
  expect(opened.account).toEqual(closed);
  expect(closed?.received).toBe(40);
  expect(results).toHaveLength(40);
  expect(closed?.dropped).toBeGreaterThan(0);
  expect((closed?.ok ?? 0) + (closed?.dropped ?? 0) + (closed?.errors ?? 0)).toBe(40);
});

test('a stream that is taken over has been given its account, and needs no closing', async () => {
  const first = await camera('taken-over');
  first.opened.send(image, 0);
  await first.opened.settled();
  const second = await camera('taken-over');
  expect(await first.opened.close()).toEqual(first.opened.account);
  expect(await second.opened.close()).toEqual({ received: 0, ok: 0, dropped: 0, errors: 0 });
});

test('a camera that goes silent and is cut leaves no stream behind', async () => {
  const { opened } = await camera('cut');
  opened.send(image, 0);
  opened.goDeaf();
  await opened.cut();
  expect(opened.isOpen).toBe(false);
  expect(await opened.close()).toBeUndefined();
  await until(async () => ((await service.metric('onlooker_streams')) === 0 ? true : undefined));
});

test('a service that is not there, and a field that is wrong, are told', async () => {
  const onResult = (): void => undefined;
  await expect(SendingStream.open({ url: 'http://127.0.0.1:9', stream: 'a', onResult })).rejects.toThrow();
  const fields = { task: 'juggle' };
  await expect(SendingStream.open({ url: service.url, stream: 'a', fields, onResult })).rejects.toThrow();
});
