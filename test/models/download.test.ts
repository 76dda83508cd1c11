// How a web address is asked: through proxies and redirections, with the user's keys for nobody but whom they are for, again where the
// source says that it cannot now, and no faster than what comes can be written.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { download } from '../../models/sources/download.js';
import { httpGet } from '../../models/sources/http-get.js';
import { withTarball } from '../../models/sources/npm.js';

let folder: string;
let servers: Server[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-download-'));
  servers = [];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function fetched(from: string): Promise<string> {
  const partial = join(folder, 'file');
  await download({ from, partial, hashed: false, onProgress: () => undefined });
  return readFile(partial, 'utf8');
}

test('redirections are followed, and keys are not told to another server', async () => {
  const asked: IncomingMessage['headers'][] = [];
  const other = await serve((request, response) => {
    asked.push(request.headers);
    response.end('the file');
  });
  const first = await serve((request, response) => {
    asked.push(request.headers);
    if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (request.url === '/moved') response.writeHead(307, { location: '/here' }).end();
    else if (request.url === '/odd') response.writeHead(302, { location: 'file:///etc/hostname' }).end();
    else response.writeHead(302, { location: `${other}/there` }).end();
  });
  vi.stubEnv('npm_config_userconfig', join(folder, 'npmrc'));
  await writeFile(join(folder, 'npmrc'), `//${new URL(first).host}/:_authToken=a-key\n`);
  expect(await fetched(`${first}/moved`)).toBe('the file');
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer a-key', 'Bearer a-key', undefined]);
  await expect(fetched(`${first}/loop`)).rejects.toThrow(/redirected more than 10 times/);
  await expect(fetched(`${first}/odd`)).rejects.toThrow(/redirected to file:/);
});

test("the user's proxy is asked, but for what is not to go through it", async () => {
  const through: string[] = [];
  const proxy = await serve((request, response) => {
    through.push(request.url ?? '');
    response.end('by the proxy');
  });
  const direct = await serve((_request, response) => void response.end('by itself'));
  vi.stubEnv('npm_config_proxy', proxy);
  vi.stubEnv('npm_config_noproxy', '127.0.0.1');
  expect(await fetched('http://models.invalid/a.onnx')).toBe('by the proxy');
  expect(await fetched(`${direct}/a.onnx`)).toBe('by itself');
  expect(through).toEqual(['http://models.invalid/a.onnx']);
});

test('a source that cannot now is asked again, and one that goes on so is told with what it says', async () => {
  let count = 0;
  const origin = await serve((request, response) => {
    if (request.url === '/busy' || ++count < 3) response.writeHead(503).end();
    else response.end('the file');
  });
  expect(await fetched(`${origin}/file`)).toBe('the file');
  await expect(fetched(`${origin}/busy`)).rejects.toMatchObject({ code: 'FETCH_FAILED', status: 503 });
}, 30_000);

test('an answer that is cut off without its length having been told is not taken for whole', async () => {
  const origin = await serve((_request, response) => {
    response.write('half of', () => setTimeout(() => response.destroy(), 20));
  });
  await expect(fetched(`${origin}/file`)).rejects.toThrow(/the connection ended after 7 of an unknown number of bytes/);
});

test('a server that sends faster than anybody reads waits', async () => {
  let sent = 0;
  const origin = await serve((_request, response) => {
    const chunk = Buffer.alloc(1 << 20);
    const more = (): void => {
      // 400 MB, if anybody takes them.
      while (sent < 400 << 20 && !response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return;
      }
    };
    response.on('drain', more);
    more();
  });
  const answer = await httpGet(`${origin}/file`, {}, {}, new AbortController().signal);
  let before = -1;
  while (sent !== before) {
    before = sent;
    await pause(200);
  }
  // What the system's own buffers hold.
  expect(sent).toBeLessThan(50 << 20);
  answer.destroy();
});

test('a registry that falls silent in the middle of a tarball is told', async () => {
  const origin = await serve((request, response) => {
    if (request.url === '/a.tgz') {
      response.writeHead(200, { 'content-length': 100_000 });
      response.write(Buffer.alloc(100));
      return;
    }
    const dist = { tarball: `http://${request.headers.host ?? ''}/a.tgz` };
    response.end(JSON.stringify({ name: 'a', versions: { '1.0.0': { name: 'a', version: '1.0.0', dist } } }));
  });
  vi.stubEnv('npm_config_registry', `${origin}/`);
  const job = { source: { from: 'npm:a@1.0.0' }, folder, onProgress: () => undefined, stallMs: 300 };
  const taking = withTarball(job, async (chunks) => {
    for await (const chunk of chunks) expect(chunk.length).toBeGreaterThan(0);
  });
  await expect(taking).rejects.toThrow(/npm:a@1\.0\.0 could not be fetched: nothing came for 0\.3 s/);
}, 60_000);

test('a registry that says nothing at all is told as soon', async () => {
  const origin = await serve(() => undefined);
  vi.stubEnv('npm_config_registry', `${origin}/`);
  const job = { source: { from: 'npm:a@1.0.0' }, folder, onProgress: () => undefined, stallMs: 300 };
  await expect(withTarball(job, () => Promise.resolve())).rejects.toThrow(/nothing came for 0\.3 s/);
}, 60_000);
