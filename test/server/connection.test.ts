// Faults inside of the service: they cost one answer, never the connection, and tell the client nothing of the inside.
import { expect, test } from 'vitest';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { Logger } from '../../server/logger.js';
import { Metrics } from '../../server/metrics/metrics.js';
import { ServiceState } from '../../server/service-state.js';
import { Connection } from '../../server/ws/connection.js';
import { jsonCodec } from '../../server/ws/json-codec.js';
import { Outbox, type OutgoingSocket } from '../../server/ws/outbox.js';
import type { Limits } from '../../server/access/limits.js';
import { LOCAL } from '../../server/access/principal.js';
import { StreamFeed } from '../../server/stream-feed.js';
import { StreamOwners } from '../../server/ws/stream-owners.js';

const metrics = new Metrics(() => ({
  pipeline: null,
  gallery: null,
  missing: [],
  cameras: null,
  events: null,
  certificate: null,
  creditsPerStream: 2,
}));

function connectionWith(openStream: () => unknown, events: object = {}) {
  const sent: { t: string; code?: string; message?: string }[] = [];
  const logged: unknown[] = [];
  const ended: number[] = [];
  const socket: OutgoingSocket = {
    send: (message) => sent.push(JSON.parse(message as string) as (typeof sent)[number]) && 1,
    getBufferedAmount: () => 0,
    end: (code) => ended.push(code ?? 0),
    close: () => undefined,
  };
  const state = new ServiceState();
  const pipeline = { tasks: ['faces'], models: [], openStream } as unknown as Pipeline;
  state.loaded({ pipeline, events } as unknown as Parameters<ServiceState['loaded']>[0]);
  const log = { error: (fields: unknown) => logged.push(fields) } as unknown as Logger;
  const settings = { maxFrameBytes: 1000, maxPixels: 1000, maxStreams: 2, tracking: false };
  const outbox = new Outbox(socket, jsonCodec, 1000, () => undefined);
  const limits = { frame: () => 0 } as unknown as Limits;
  const context = { settings, state, owners: new StreamOwners(), feed: new StreamFeed(), metrics, log, limits };
  const connection = new Connection(context, { principal: LOCAL, address: '127.0.0.1', codec: jsonCodec }, outbox);
  const receive = (message: object): void => connection.receive(new TextEncoder().encode(JSON.stringify(message)).buffer, false);
  return { receive, sent, logged, ended };
}

test('a throw while a message is handled is INTERNAL, logged, and the next message is handled', () => {
  const { receive, sent, logged } = connectionWith(() => {
    throw new TypeError('secret detail of /home/somebody');
  });
  receive({ t: 'open', stream: 'a', send: 'frames' });
  receive({ t: 'frame', stream: 'a', image: '' });
  expect(sent.map(({ code }) => code)).toEqual(['INTERNAL', 'NO_STREAM']);
  expect(sent[0]?.message).not.toContain('secret');
  expect(logged).toHaveLength(1);
});

test('a stream whose closing fails inside costs nothing but its `closed`', async () => {
  const { receive, sent, logged } = connectionWith(() => ({
    credits: 2,
    model: 'm',
    push: () => {
      throw new RangeError('broken');
    },
    close: () => Promise.reject(new Error('broken')),
  }));
  receive({ t: 'open', stream: 'a', send: 'frames' });
  receive({ t: 'frame', stream: 'a', image: 'AAAA' });
  receive({ t: 'close', stream: 'a' });
  await new Promise((resolve) => setTimeout(resolve, 1));
  receive({ t: 'open', stream: 'a', send: 'frames' });
  expect(sent.map(({ t, code }) => code ?? t)).toEqual(['opened', 'INTERNAL', 'opened']);
  expect(logged).toHaveLength(2);
});

test('a follower whose events cannot be read is told and the connection closed, so that it asks again', async () => {
  const broken = { isOfAll: true, next: () => Promise.reject(new Error('the disk is gone')), close: () => undefined };
  const { receive, sent, logged, ended } = connectionWith(() => undefined, { placeAfter: () => '1', follow: () => broken });
  receive({ t: 'subscribe', streams: ['*'], send: 'events', since: '1' });
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(sent.map(({ t, code }) => code ?? t)).toEqual(['subscribed', 'INTERNAL']);
  expect(ended).toEqual([1011]);
  expect(logged).toHaveLength(1);
});
