// Cameras lock the account of who tries often: how many logins a camera sees that refuses them.
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startCamera } from './camera/rtsp-camera.js';
import { until, watch } from './watched.js';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const FAST = { failedRetryMs: 40, refusedPauseMs: 3_600_000, backoffMinMs: 5, backoffMaxMs: 10, knockMaxMs: 10 };
const BASIC = 'Basic realm="camera"';
const DIGEST = 'Digest realm="camera", nonce="abc", qop="auth"';

async function refusing(status: number, challenge: string | null, between: number | null = null) {
  let logins = 0;
  let requests = 0;
  const server = createServer(({ headers }, response) => {
    requests += 1;
    const isLogin = headers.authorization !== undefined;
    if (isLogin) logins += 1;
    if (isLogin && between !== null && logins === 2) response.writeHead(between).end();
    else response.writeHead(isLogin ? status : 401, challenge === null ? {} : { 'WWW-Authenticate': challenge }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  const { port } = server.address() as AddressInfo;
  return { url: `http://viewer:wrong@127.0.0.1:${port}/`, logins: () => logins, requests: () => requests };
}

test.each([
  ['Basic', 401, BASIC, null, 3],
  ['Digest', 401, DIGEST, null, 3],
  ['Basic, forbidden', 403, BASIC, null, 3],
  ['Digest, once out of order in between', 401, DIGEST, 503, 4],
] as const)(
  'a refused login is tried three times, then left alone for long: %s',
  async (_, status, challenge, between, logins) => {
    const camera = await refusing(status, challenge, between);
    const { source, states } = watch({ url: camera.url }, { timings: FAST });
    open.push(source);
    await until(
      () => /in 60 minutes/.test(source.state.reason ?? ''),
      10_000,
      () => JSON.stringify(states),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(camera.logins()).toBe(logins);
    expect(camera.requests()).toBe(2 * logins);
    expect(source.state.state).toBe('failed');
    expect(source.isLockedOut).toBe(true);
  },
);

const CLIP = { video: 'testsrc=size=160x120', isGenerated: true, fps: 5, seconds: 1 };

test('RTSP: a camera that calls every nonce stale is not asked without end', async () => {
  const camera = await startCamera({ ...CLIP, user: 'viewer', password: 'right', nonces: 'stale' });
  open.push(camera);
  const { source, becomes } = watch({ url: camera.url.replace('right', 'wrong') });
  open.push(source);
  expect(await becomes('failed')).toMatchObject({ reason: 'the camera refuses the user name or password' });
  expect(camera.logins).toBe(2);
});

test.each([
  ['whose nonces are good for one request each', { user: 'viewer', password: 'right', nonces: 'once' }],
  ['whose user and password have letters from everywhere', { user: 'jürgen łuk😀', password: 'p@:%/ü ł' }],
] as const)('RTSP: a camera %s is live', async (_, login) => {
  const camera = await startCamera({ ...CLIP, ...login });
  open.push(camera);
  const { source, becomes, states } = watch({ url: camera.url });
  open.push(source);
  await becomes('live');
  expect(states.map(({ state }) => state)).toEqual(['connecting', 'live']);
});
