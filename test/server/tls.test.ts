// HTTPS and WSS by the service itself: what it offers, how its certificate is replaced while connections live, and what is wrong
// with one that cannot be used.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readCertificate } from '../../server/tls/certificate.js';
import { defaultPack } from '../fixtures.js';
import { frame, RawWebSocket } from './support/raw-web-socket.js';
import { failingStart, launchService, until, type RunningService } from './support/service.js';
import { fingerprintAt, getOverTls, handshake, makePair, writePair } from './support/tls.js';

let folder: string;
let service: RunningService | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-tls-'));
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function started(env: Readonly<Record<string, string>>): Promise<RunningService> {
  await defaultPack();
  const launched = await launchService(env);
  service = launched;
  await until(() => (launched.log.includes('"msg":"ready"') ? true : undefined));
  return launched;
}
const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;
const linesWith = (text: string): number => (service?.log.split('\n') ?? []).filter((line) => line.includes(text)).length;

/** A WebSocket that has been welcomed. */
async function opened(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/ws`, ['onlooker.v1.json'], { rejectUnauthorized: false });
  await once(socket, 'message');
  return socket;
}
async function answered(socket: WebSocket, stream: string): Promise<string> {
  const heard = once(socket, 'message');
  socket.send(JSON.stringify({ t: 'open', stream }));
  const [data] = (await heard) as [Buffer];
  return (JSON.parse(data.toString()) as { t: string }).t;
}
async function metric(port: number, line: RegExp): Promise<number> {
  const { body } = await getOverTls(`https://127.0.0.1:${port}/metrics`);
  return Number(line.exec(body.toString())?.[1]);
}

test.runIf(process.platform === 'linux')('unfinished messages are bounded over TLS too, whatever version', async () => {
  const limit = { ONLOOKER_MAX_UNFINISHED_MB: '16' };
  const { port } = await started({ ...limit, ...(await writePair(folder, await makePair())) });
  const unfinished = frame({ payload: Buffer.alloc(5 * 1024 * 1024 - 1), bytes: 5 * 1024 * 1024 });
  const attackers: RawWebSocket[] = [];
  for (let i = 0; i < 12; i++) {
    const version = i % 2 === 0 ? 'TLSv1.2' : 'TLSv1.3';
    const tls = await handshake(port, { minVersion: version, maxVersion: version });
    attackers.push(await RawWebSocket.connect(port, tls));
  }
  const honest = await opened(port);
  await Promise.all(attackers.map((attacker) => attacker.send(unfinished)));
  await until(() => (attackers.filter(({ isClosed }) => isClosed).length >= 9 ? true : undefined));
  expect(await answered(honest, 'door')).toBe('opened');
  for (const attacker of attackers) attacker.close();
  honest.close();
});

test('HTTP and WebSocket are served over TLS 1.2 and 1.3, with nothing weak on offer', async () => {
  const pair = await makePair();
  const { port } = await started(await writePair(folder, pair));
  const { status, headers } = await getOverTls(`https://localhost:${port}/health`, pair.caPem);
  expect(status).toBe(200);
  // The name may be shared with other services on other ports, for which it would hold too.
  expect(headers['strict-transport-security']).toBeUndefined();
  const socket = await opened(port);
  expect(await answered(socket, 'door')).toBe('opened');
  socket.close();
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const met = await handshake(port, { minVersion: version, maxVersion: version });
    expect([met.getProtocol(), met.getCipher().name]).toEqual([version, expect.stringMatching(/GCM|CHACHA20/)]);
    met.destroy();
  }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  await expect(handshake(port, old)).rejects.toThrow();
  for (const ciphers of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-GCM-SHA256', 'NULL-SHA256', '3DES']) {
    await expect(handshake(port, { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` })).rejects.toThrow();
  }
});

test('new files are served to whoever connects, and nobody is disconnected: open WebSockets live on and are drained', async () => {
  const [first, second] = [await makePair(), await makePair()];
  const { port } = await started(await writePair(folder, first));
  const early = await opened(port);
  const closed = once(early, 'close');

  let isOver = false;
  let failures = 0;
  let answers = 0;
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      await getOverTls(`https://127.0.0.1:${port}/health`).then(
        () => answers++,
        () => failures++,
      );
    }
  });
  expect(await fingerprintAt(port)).toBe(fingerprintOf(first.certPem));
  await writePair(folder, second);
  await until(async () => ((await fingerprintAt(port)) === fingerprintOf(second.certPem) ? true : undefined));
  isOver = true;
  await Promise.all(asking);
  expect([failures, answers > 0]).toEqual([0, true]);

  const late = await opened(port);
  expect([await answered(early, 'door'), await answered(late, 'yard')]).toEqual(['opened', 'opened']);
  expect(await metric(port, /^onlooker_connections (\d+)/m)).toBe(2);
  expect(await metric(port, /reloads_total\{outcome="ok"\} (\d+)/)).toBe(1);
  const notAfterS = Date.parse(new X509Certificate(second.certPem).validTo) / 1000;
  expect(await metric(port, /expiry_timestamp_seconds\{source="files"\} (\S+)/)).toBe(notAfterS);

  service?.signal('SIGTERM');
  expect(((await closed) as [number])[0]).toBe(1001);
}, 60_000);

test('a pair that cannot be used is told of once and changes nothing; the next good one is taken, at once by SIGHUP', async () => {
  const [first, second] = [await makePair(), await makePair()];
  const env = await writePair(folder, first);
  const { port } = await started(env);
  await writeFile(env['ONLOOKER_TLS_KEY'] ?? '', second.keyPem);
  await until(() => (linesWith('cannot be used') > 0 ? true : undefined));
  await sleep(5000);
  expect(linesWith('cannot be used')).toBe(1);
  expect(service?.log).toContain('does not belong to the certificate');
  expect(service?.log).not.toContain('PRIVATE KEY');
  expect(await fingerprintAt(port)).toBe(fingerprintOf(first.certPem));

  await writePair(folder, second);
  service?.signal('SIGHUP');
  await until(async () => ((await fingerprintAt(port)) === fingerprintOf(second.certPem) ? true : undefined));
}, 60_000);

test('a certificate that ends within two weeks is warned of', async () => {
  const DAY_MS = 86_400_000;
  await started(await writePair(folder, await makePair(Date.now() - 170 * DAY_MS)));
  await until(() => (service?.log.includes('the certificate ends soon') ? true : undefined));
});

test('a second service does not share the port', async () => {
  const env = await writePair(folder, await makePair());
  const { port } = await started(env);
  const { code, stderr } = await failingStart({ ...env, ONLOOKER_DATA_DIR: join(folder, 'other'), ONLOOKER_PORT: String(port) });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^onlooker: cannot listen on [^\n]+\n$/)]);
}, 60_000);

test('what is wrong with the files is one line at the start', async () => {
  const [pair, other] = [await makePair(), await makePair()];
  const files = { ...(await writePair(folder, { ...pair, keyPem: other.keyPem })), ONLOOKER_DATA_DIR: join(folder, 'data') };
  const mixed = await failingStart(files);
  expect([mixed.code, mixed.stderr]).toEqual([
    1,
    expect.stringMatching(/^onlooker: the key in [^\n]+ does not belong to [^\n]+\n$/),
  ]);
  const half = await failingStart({ ...files, ONLOOKER_TLS_KEY: '' });
  expect([half.code, half.stderr]).toEqual([2, 'onlooker: ONLOOKER_TLS_CERT is set, but ONLOOKER_TLS_KEY is not\n']);
}, 60_000);

test('each way in which a pair is wrong has its own words', async () => {
  const { certPem, keyPem } = await makePair();
  const at = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const [cert, key] = [await at('good.crt', certPem), await at('good.key', keyPem)];
  const locked = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    [cert, join(folder, 'none.key'), /none\.key cannot be read \(ENOENT\)/],
    [cert, await at('other.key', (await makePair()).keyPem), /does not belong/],
    [cert, await at('locked.key', locked.toString()), /protected by a password/],
    [cert, cert, /holds no private key/],
    [key, key, /holds no certificate/],
    [await at('broken.crt', broken), key, /cannot be read/],
  ];
  for (const [certFile, keyFile, message] of wrong) {
    await expect(readCertificate({ certFile, keyFile })).rejects.toThrow(message);
  }
  const chain = await at('chain.crt', `${certPem}${(await makePair()).caPem}`);
  expect((await readCertificate({ certFile: chain, keyFile: key })).identity.split(' ').length).toBe(2);
});
