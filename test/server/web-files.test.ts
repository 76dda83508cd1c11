// The console and the browser client as the service gives them out: what a browser may keep, run, and reach from them.
import { get, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, type RunningService } from './support/service.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

/** The path goes out as it is, and nothing is decompressed. */
function fetched(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ port: service.port, host: '127.0.0.1', path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    }).on('error', reject);
  });
}

/** Relative ones, since the page may lie under any path. */
async function addressesIn(page: string): Promise<string[]> {
  const { body } = await fetched(page);
  return [...body.toString().matchAll(/(?:src|href)="\.(\/[^"]+)"/g)].map(([, address = '']) => address);
}

test('the console is at /, asked for again at every visit, and may reach nothing but its own service', async () => {
  const { status, headers } = await fetched('/');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['cache-control']).toBe('no-cache');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['permissions-policy']).toMatch(/camera=\(self\)/);
  const policy = headers['content-security-policy'] as string;
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).toMatch(/connect-src 'self';/);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

test('its parts are named by their content and kept for good', async () => {
  const addresses = (await addressesIn('/')).filter((address) => address.startsWith('/assets/'));
  expect(addresses.length).toBeGreaterThan(1);
  for (const address of addresses) {
    const { status, headers } = await fetched(address);
    expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
  }
});

test('the client is one module, which pages of listed origins may load, and is not sent twice', async () => {
  const { status, headers } = await fetched('/client.js');
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'no-cache',
    'cross-origin-resource-policy': 'same-origin',
  });
  const again = await fetched('/client.js', { 'if-none-match': headers.etag ?? '' });
  expect([again.status, again.body.length]).toEqual([304, 0]);
});

test('compressed as the browser takes it, the same content each time', async () => {
  const plain = (await fetched('/client.js')).body;
  const br = await fetched('/client.js', { 'accept-encoding': 'gzip, deflate, br, zstd' });
  const gzip = await fetched('/client.js', { 'accept-encoding': 'gzip;q=1.0, br;q=0' });
  expect(br.headers['content-encoding']).toBe('br');
  expect(gzip.headers['content-encoding']).toBe('gzip');
  expect(brotliDecompressSync(br.body).equals(plain)).toBe(true);
  expect(gunzipSync(gzip.body).equals(plain)).toBe(true);
  expect(new Set([br.headers.etag, gzip.headers.etag]).size).toBe(2);
});

test('all of the console is under 150 KB, and the client for other pages under 30 KB', async () => {
  const client = await fetched('/client.js', { 'accept-encoding': 'br' });
  expect(client.body.length).toBeLessThan(30 * 1024);
  const seen = new Set<string>(['/']);
  let bytes = 0;
  for (const address of seen) {
    const { body, headers } = await fetched(address, { 'accept-encoding': 'br' });
    bytes += body.length;
    const text = headers['content-encoding'] === 'br' ? brotliDecompressSync(body).toString() : body.toString();
    for (const [, name = ''] of text.matchAll(/[`"'/](?:assets\/|\.\/)?([\w-]+-[\w-]{8}\.(?:js|css))[`"']/g))
      seen.add(`/assets/${name}`);
  }
  expect(seen.size).toBeGreaterThan(8);
  expect(bytes).toBeLessThan(150 * 1024);
});

test.each([
  '/assets/nothing.js',
  '/assets/',
  '/assets/../index.html',
  '/assets/..%2findex.html',
  '/assets/..%2f..%2f..%2fpackage.json',
  '/assets/%2e%2e/client.js',
  '/client.js.br',
  '/.web-built',
  '/..%2f..%2fpackage.json',
])('%s leads nowhere', async (path) => {
  const { status, body } = await fetched(path);
  expect([status, (JSON.parse(body.toString()) as { error: { code: string } }).error.code]).toEqual([404, 'NOT_FOUND']);
});
