// Services with a certificate that this machine does not know: what is told, and how they are trusted.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CertificateError, ConnectionError, OnlookerClient, SchemeError } from '../../clients/client.js';
import { createHttpClient } from '../../clients/http-client.js';
import { trusting } from '../../clients/node/trusting.js';
import { onlooker } from './program.js';
import { certificates, type Certificates } from './scripted-certificates.js';
import { ScriptedDoor } from './scripted-door.js';
import { scriptedGallery } from './scripted-gallery.js';
import { ScriptedService } from './scripted-service.js';

let tls: Certificates;
let service: ScriptedService;
let folder: string;

beforeAll(async () => {
  tls = await certificates();
  const door = new ScriptedDoor('the-key');
  service = await ScriptedService.start({ tls, door, onRequest: scriptedGallery().onRequest });
  folder = await mkdtemp(join(tmpdir(), 'onlooker-trusting-'));
  await writeFile(join(folder, 'ca.pem'), tls.ca);
  await writeFile(join(folder, 'ca.crt'), new X509Certificate(tls.ca).raw);
  await writeFile(join(folder, 'none.pem'), 'no certificate');
});
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the library', () => {
  test('says that the authority is not known, on both ways', async () => {
    for (const attempt of [createHttpClient(service.url).models(), OnlookerClient.connect(service.url)]) {
      const error: unknown = await attempt.catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(CertificateError);
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ isUnknownHere: true });
    }
  });

  test('trusts it when it is given, with a key, on both ways', async () => {
    const options = { key: 'the-key', ...trusting(tls.ca) };
    await createHttpClient(service.url, options).health();
    const client = await OnlookerClient.connect(service.url, options);
    await client.open({ stream: 'a' });
    await client.close();
    await expect(OnlookerClient.connect(service.url, { ...options, key: 'wrong' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
  });

  test('trusts neither another authority than the given one nor a name that the certificate is not for', async () => {
    await expect(createHttpClient(service.url, trusting((await certificates()).ca)).health()).rejects.toBeInstanceOf(
      CertificateError,
    );
    const elsewhere = await certificates(['elsewhere.example']);
    const named = await ScriptedService.start({ tls: elsewhere });
    try {
      await expect(createHttpClient(named.url, trusting(elsewhere.ca)).health()).rejects.toThrow('is for another name');
    } finally {
      await named.close();
    }
  });

  test('takes nothing for a certificate that is none', () => {
    expect(() => trusting('')).toThrow('no certificate');
    expect(() => trusting('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toThrow('no certificate');
  });
});

describe('an address with the wrong scheme is told as that, with the right one', () => {
  const attempts = (address: string) => [
    () => createHttpClient(address).health(),
    () => createHttpClient(address, { key: 'the-key', ...trusting(tls.ca) }).people.list(),
    () => OnlookerClient.connect(address.replace('http', 'ws')),
    () => OnlookerClient.connect(address, { key: 'the-key', ...trusting(tls.ca) }),
  ];

  test('http and ws, where the port speaks TLS', async () => {
    const address = service.url.replace('https', 'http');
    for (const attempt of attempts(address)) {
      const error: unknown = await attempt().catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(SchemeError);
      expect(error).toBeInstanceOf(ConnectionError);
      expect((error as Error).message).toBe(`the port of ${address} speaks TLS: use ${service.url} (or wss instead of ws)`);
    }
    expect(await onlooker(['people', '--url', address], { ONLOOKER_KEY: 'the-key' })).toEqual({
      code: 3,
      stdout: '',
      stderr: `onlooker: the port of ${address} speaks TLS: use ${service.url} (or wss instead of ws)\n`,
    });
  });

  test('https and wss, where the port speaks plain HTTP', async () => {
    const plain = await ScriptedService.start();
    const address = plain.url.replace('http', 'https');
    try {
      for (const attempt of attempts(address)) {
        const error: unknown = await attempt().catch((failure: unknown) => failure);
        expect(error).toBeInstanceOf(SchemeError);
        expect((error as Error).message).toBe(`the port of ${address} speaks no TLS: use ${plain.url} (or ws instead of wss)`);
      }
      const { code, stderr } = await onlooker(['people', '--url', address]);
      expect([code, stderr]).toEqual([
        3,
        expect.stringMatching(/^onlooker: the port of \S+ speaks no TLS: use http:\S+ [^\n]+\n$/),
      ]);
    } finally {
      await plain.close();
    }
  });

  test('what is cut by a port that speaks neither is no such thing', async () => {
    const cutting = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(cutting, 'listening');
    const address = `http://127.0.0.1:${(cutting.address() as AddressInfo).port}`;
    try {
      for (const attempt of attempts(address)) {
        const error: unknown = await attempt().catch((failure: unknown) => failure);
        expect(error).toBeInstanceOf(ConnectionError);
        expect(error).not.toBeInstanceOf(SchemeError);
      }
    } finally {
      cutting.close();
    }
  });
});

describe('the command line', () => {
  const people = (...args: string[]) => onlooker(['people', '--url', service.url, ...args], { ONLOOKER_KEY: 'the-key' });

  test('says what to do about an unknown authority, and trusts it with --ca', async () => {
    const unknown = await people();
    expect(unknown.stderr).toMatch(
      /^onlooker: the service at https:\S+ is not trusted: nobody whom .*: --ca FILE or ONLOOKER_CA\n$/,
    );
    expect(unknown.code).toBe(3);
    expect(await people('--ca', join(folder, 'ca.pem'))).toMatchObject({ code: 0 });
    // As a browser saves it from `/ca.crt`.
    expect(await people('--ca', join(folder, 'ca.crt'))).toMatchObject({ code: 0 });
    expect(
      await onlooker(['people'], { ONLOOKER_URL: service.url, ONLOOKER_CA: join(folder, 'ca.pem'), ONLOOKER_KEY: 'the-key' }),
    ).toMatchObject({ code: 0 });
  });

  test('names a file that is missing or holds no certificate', async () => {
    expect(await people('--ca', join(folder, 'none.pem'))).toMatchObject({
      code: 1,
      stderr: `onlooker: ${join(folder, 'none.pem')}: there is no certificate in it\n`,
    });
    expect((await people('--ca', join(folder, 'missing.pem'))).stderr).toContain('there is no such file');
  });
});
