// The address of a still as a registered camera: what is told when it is tried is what it does when it runs.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { StreamAnswer } from '../../protocol/streams.js';
import { fixture } from '../fixtures.js';
import { until } from '../sources/watched.js';
import { asJson } from './support/images.js';
import { startService } from './support/service.js';

test('a still is named so when it is tried and while it runs, and goes up once', async () => {
  const image = await readFile(await fixture('franck_01829.jpg'));
  const camera = createServer((_, response) => response.setHeader('Content-Type', 'image/jpeg').end(image)).listen(
    0,
    '127.0.0.1',
  );
  await once(camera, 'listening');
  const url = `http://127.0.0.1:${(camera.address() as AddressInfo).port}/snap`;
  const service = await startService();
  try {
    const tried = await fetch(`${service.url}/v1/streams/test`, { method: 'POST', body: asJson({ url }) });
    expect(tried.status).toBe(200);
    expect(tried.headers.get('onlooker-source')).toBe('still');
    await fetch(`${service.url}/v1/streams`, { method: 'POST', body: asJson({ id: 'snap', url, fps: 5 }) });
    let stream: StreamAnswer | undefined;
    let isAsked = false;
    await until(() => {
      if (!isAsked) {
        isAsked = true;
        void fetch(`${service.url}/v1/streams/snap`).then(async (response) => {
          stream = (await response.json()) as StreamAnswer;
          isAsked = false;
        });
      }
      return (stream?.frames?.received ?? 0) >= 5;
    }, 30_000);
    expect(stream).toMatchObject({ state: 'live', reason: null, format: { still: true } });
    const { events } = (await (await fetch(`${service.url}/v1/events`)).json()) as { events: { type?: string; kind?: string }[] };
    expect(JSON.stringify(events)).not.toContain('stream_down');
  } finally {
    await service.stop();
    camera.closeAllConnections();
    camera.close();
  }
});
