// The same client file in a browser: what its bundle may hold, and the real thing in Chromium under a strict policy.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ScriptedDoor } from './scripted-door.js';
import { ScriptedService } from './scripted-service.js';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const bundles = new Map<string, { readonly code: string; readonly modules: readonly string[] }>();

beforeAll(async () => {
  for (const name of ['client', 'http-client', 'browser/browser']) {
    const built = await build({
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        minify: false,
        target: 'es2022',
        lib: { entry: fileURLToPath(new URL(`../../clients/${name}.ts`, import.meta.url)), formats: ['es'] },
        rolldownOptions: { output: { codeSplitting: false } },
      },
    });
    const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []));
    const chunks = outputs.filter((one) => one.type === 'chunk');
    bundles.set(name, { code: chunks.map(({ code }) => code).join('\n'), modules: chunks.flatMap(({ moduleIds }) => moduleIds) });
  }
});

describe.each(['client', 'http-client', 'browser/browser'])('%s.ts bundled for a browser', (name) => {
  test('holds no Node built-in, no zod and no part of the service', () => {
    const { modules = [], code = '' } = bundles.get(name) ?? {};
    expect(modules.some((id) => id.endsWith(`clients/${name}.ts`))).toBe(true);
    expect(
      modules.filter((id) =>
        /vite-browser-external|node:|\/(zod|sharp|fluent-ffmpeg|commander|preact)\/|\/(server|pipeline|models)\//.test(id),
      ),
    ).toEqual([]);
    expect(code).not.toMatch(/from ["']node:|require\(["']/);
  });

  test('makes no code out of text, so that a strict Content-Security-Policy allows it', () => {
    expect(bundles.get(name)?.code).not.toMatch(/new Function\(|[^.\w]eval\(/);
  });
});

describe.skipIf(CHROMIUM === undefined)('in Chromium (skipped where none is installed)', () => {
  let service: ScriptedService;
  let browser: ChildProcess | undefined;
  let profile: string;
  let report: (text: string) => void = () => undefined;

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'onlooker-chromium-'));
    service = await ScriptedService.start({
      credits: 2,
      door: new ScriptedDoor('the-key'),
      onRequest(request, response) {
        const files: Record<string, readonly [string, string]> = {
          '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
          '/page.js': ['text/javascript', PAGE],
          '/client.js': ['text/javascript', bundles.get('client')?.code ?? ''],
          '/http-client.js': ['text/javascript', bundles.get('http-client')?.code ?? ''],
          '/v1/models': ['application/json', '{"models":[{"id":"scripted"}]}'],
        };
        const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
        const policy = `default-src 'self'; connect-src 'self' ws://${request.headers.host ?? ''}`;
        response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body);
        if (request.url === '/report') request.setEncoding('utf8').on('data', (text: string) => report(text));
      },
    });
  });
  afterAll(async () => {
    browser?.kill('SIGKILL');
    await service.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });

  test('streams frames over both protocols and talks HTTP with a key, and is told when there is none, within the policy', async () => {
    const reported = new Promise<string>((resolve) => (report = resolve));
    browser = spawn(CHROMIUM ?? '', [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      `--user-data-dir=${profile}`,
      `${service.url}/`,
    ]);
    expect(JSON.parse(await reported)).toEqual({
      msgpack: {
        seqs: [0, 1, 2, 3, 4],
        ts: 1_732_160_000_123,
        stats: { received: 5, ok: 5, dropped: 0, errors: 0 },
      },
      json: {
        seqs: [0, 1, 2, 3, 4],
        ts: 1_732_160_000_123,
        stats: { received: 5, ok: 5, dropped: 0, errors: 0 },
      },
      models: ['scripted'],
      withoutKey: ['UNAUTHORIZED', 'UNAUTHORIZED'],
      // The one connection that the policy forbids is refused at once, and is its one violation (but for asking over HTTP why).
      refused: 'ConnectionError',
      violations: ['connect-src ws://127.0.0.1:1/v1/ws'],
    });
    const images = service
      .frames()
      .map(({ image }) => (typeof image === 'string' ? Buffer.from(image, 'base64') : (image as Buffer)));
    expect(images.map((image) => image.toString('hex'))).toEqual(Array.from({ length: 10 }, () => '01020304'));
  });
});

/** What the page does; it reports back by itself. */
const PAGE = `
import { OnlookerClient } from '/client.js';
import { createHttpClient } from '/http-client.js';
const violations = [];
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  if (!blockedURI.endsWith('/v1/session')) violations.push(violatedDirective + ' ' + blockedURI);
});
const report = { violations };
try {
  for (const format of ['msgpack', 'json']) {
    const client = await OnlookerClient.connect(location.origin, { format, key: 'the-key' });
    const stream = await client.open({ stream: 'cam' });
    const results = await Promise.all([0, 1, 2, 3, 4].map(() => stream.send(Uint8Array.of(1, 2, 3, 4), { ts: 1732160000123 })));
    report[format] = { seqs: results.map((r) => r.seq), ts: results[0].ts, stats: await stream.close() };
    await client.close();
  }
  report.models = (await createHttpClient(location.origin, { key: 'the-key' }).models()).map(({ id }) => id);
  report.withoutKey = await Promise.all(
    [OnlookerClient.connect(location.origin), OnlookerClient.connect(location.origin, { key: 'wrong' })].map((attempt) =>
      attempt.catch((error) => error.code),
    ),
  );
  report.refused = await OnlookerClient.connect('http://127.0.0.1:1').catch((error) => error.name);
} catch (error) {
  report.error = String(error.stack ?? error);
}
await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
`;
