// `serve --lan`: a certificate of this machine's own that a phone can come to trust, kept up by itself, and what is told to whom.
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FirstAccess } from '../../server/access/first-access.js';
import { INVITATION_MS, invite, takeInvitations } from '../../server/access/invitations.js';
import { KeyStore } from '../../server/access/keys/key-store.js';
import { Tickets } from '../../server/access/tickets.js';
import { announce, type Announced, type Invitation } from '../../server/lan/announcement.js';
import { LanAccess } from '../../server/lan/lan-access.js';
import { ensureLanCertificate } from '../../server/lan/lan-certificate.js';
import { makeServerCertificate } from '../../server/lan/local-ca.js';
import { localNames } from '../../server/lan/local-names.js';
import { createLogger } from '../../server/logger.js';
import { readCertificate } from '../../server/tls/certificate.js';
import { onlooker } from '../clients/program.js';
import { cacheDir, defaultPack } from '../fixtures.js';
import { failingStart, launchService, until } from './support/service.js';
import { getOverTls } from './support/tls.js';

const DAY_MS = 86_400_000;
const NAMES = { names: ['pi', 'pi.local', 'localhost'], addresses: ['192.168.1.5', 'fd00::5', '127.0.0.1', '::1'] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-lan-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const leaf = async (): Promise<X509Certificate> => new X509Certificate(await readFile(join(folder, 'server.crt')));

test('certificate and keys are made once, for all names and addresses, and are for the owner alone', async () => {
  const now = Date.now();
  const made = await ensureLanCertificate(folder, NAMES, now);
  const certificate = await leaf();
  for (const name of NAMES.names) expect(certificate.checkHost(name)).toBe(name);
  for (const address of NAMES.addresses) expect(certificate.checkIP(address)).toBeDefined();
  expect(certificate.verify(new X509Certificate(made.authority).publicKey)).toBe(true);
  expect((await readCertificate(made)).notAfterMs).toBeGreaterThan(now + 100 * DAY_MS);
  for (const file of ['ca.crt', 'ca.key', 'server.crt', 'server.key']) {
    expect([file, (await stat(join(folder, file))).mode & 0o777]).toEqual([file, 0o600]);
  }
  expect((await stat(folder)).mode & 0o777).toBe(0o700);

  const again = await ensureLanCertificate(folder, NAMES, now);
  expect([again.isNew, again.fingerprint]).toEqual([false, made.fingerprint]);
  expect((await leaf()).fingerprint256).toBe(certificate.fingerprint256);
});

test('it is renewed before it ends, for a new address, and when its files are broken; the authority stays the same', async () => {
  const now = Date.now();
  const { fingerprint } = await ensureLanCertificate(folder, NAMES, now);
  const renewed = async (wanted: typeof NAMES, nowMs: number): Promise<boolean> => {
    const found = await ensureLanCertificate(folder, wanted, nowMs);
    expect(found.fingerprint).toBe(fingerprint);
    return found.isNew;
  };
  expect(await renewed(NAMES, now + 140 * DAY_MS)).toBe(false);
  expect(await renewed(NAMES, now + 155 * DAY_MS)).toBe(true);
  const moved = { ...NAMES, addresses: ['192.168.1.77', ...NAMES.addresses] };
  expect(await renewed(moved, now + 155 * DAY_MS)).toBe(true);
  // An address that has gone is no reason.
  expect(await renewed(NAMES, now + 155 * DAY_MS)).toBe(false);
  await writeFile(join(folder, 'server.key'), 'half a fi');
  expect(await renewed(NAMES, now + 155 * DAY_MS)).toBe(true);
});

test('a clock that was wrong when it was made does not leave certificates that have ended', async () => {
  await ensureLanCertificate(folder, NAMES, 0);
  const now = Date.now();
  expect((await ensureLanCertificate(folder, NAMES, now)).isNew).toBe(true);
  expect(Date.parse((await leaf()).validTo)).toBeGreaterThan(now);
});

test('the authority is good for names of this machine only', async () => {
  const { authority } = await ensureLanCertificate(folder, NAMES, Date.now());
  expect(new X509Certificate(authority).ca).toBe(true);
  const [certPem, keyPem] = [await readFile(join(folder, 'ca.crt'), 'utf8'), await readFile(join(folder, 'ca.key'), 'utf8')];
  const forged = await makeServerCertificate({ certPem, keyPem }, ['bank.example'], [], Date.now());
  expect(await trusted(certPem, forged, 'bank.example')).toBe('permitted subtree violation');
  const other = await makeServerCertificate({ certPem, keyPem }, ['tablet.local'], [], Date.now());
  expect(await trusted(certPem, other, 'tablet.local')).toBe('trusted');
  // The machine has been renamed since: what the authority cannot sign for is left out.
  const renamed = await ensureLanCertificate(folder, { ...NAMES, names: ['door', 'door.local', 'localhost'] }, Date.now());
  expect(renamed.names.names).toEqual(['door.local', 'localhost']);
});

test('names and addresses come with those first that others in the room can reach', () => {
  const entry = (address: string, internal = false) => ({ address, internal }) as never;
  expect(
    localNames('Pi.lan', {
      docker0: [entry('172.17.0.1')],
      lo: [entry('127.0.0.1', true), entry('::1', true)],
      wlan0: [entry('fe80::1'), entry('2001:db8::5'), entry('192.168.1.5')],
      tun0: [entry('10.8.0.2')],
    }),
  ).toEqual({
    names: ['pi.lan', 'pi', 'pi.local', 'localhost'],
    addresses: ['192.168.1.5', '2001:db8::5', '172.17.0.1', '10.8.0.2', '127.0.0.1', '::1'],
  });
});

test('a machine that comes to another address gets another certificate while it runs', async () => {
  let addresses = NAMES.addresses;
  const lan = await LanAccess.open({
    dataDir: folder,
    log: await createLogger('silent'),
    lookEveryMs: 20,
    names: () => ({ ...NAMES, addresses }),
  });
  const told: string[] = [];
  lan.watch(async () => {
    told.push((await readCertificate(lan.certificate)).identity);
  });
  addresses = ['192.168.1.99', ...addresses];
  await until(() => (told.length > 0 ? true : undefined));
  await lan.close();
  expect(new X509Certificate(await readFile(lan.certificate.certFile)).checkIP('192.168.1.99')).toBeDefined();
});

test('`serve --lan` is trusted by whoever trusts its authority, at every address, and stays so after a restart', async () => {
  await defaultPack();
  const env = { ONLOOKER_DATA_DIR: folder, ONLOOKER_ADMIN_KEY: 'k'.repeat(40) };
  let known: Buffer | undefined;
  for (const start of [1, 2]) {
    const service = await launchService(env, ['--lan']);
    await until(() => (service.log.includes('Onlooker is at') ? true : undefined));
    const { port } = service;
    const { headers, body } = await getOverTls(`https://127.0.0.1:${port}/ca.crt`);
    expect(headers['content-type']).toBe('application/x-x509-ca-cert');
    known ??= body;
    expect([start, body.equals(known)]).toEqual([start, true]);
    const ca = new X509Certificate(known).toString();
    const outside = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const hosts = outside.flatMap(({ address }) =>
      address.startsWith('fe80') ? [] : address.includes(':') ? `[${address}]` : address,
    );
    for (const host of ['localhost', ...hosts]) {
      expect([host, (await getOverTls(`https://${host}:${port}/health`, ca)).status]).toEqual([host, 200]);
    }
    const secrets = await readFile(join(folder, 'tls', 'server.key'), 'utf8');
    expect(service.log).not.toContain(secrets.split('\n')[1]);
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(0);
  }
}, 60_000);

test('there is no authority to fetch without --lan', async () => {
  const service = await launchService();
  expect((await fetch(`${service.url}/ca.crt`)).status).toBe(404);
  await service.stop();
});

const ANNOUNCED: Announced = { port: 8443, basePath: '', names: NAMES, fingerprint: 'AA:BB' };
const INVITATION: Invitation = { key: 'onl_first_key', signInTicket: () => 'the-ticket' };
function announced(isTTY: boolean, invitation = INVITATION, what = ANNOUNCED): string {
  const written: string[] = [];
  announce(what, invitation, { isTTY, write: (text) => written.push(text) });
  return written.join('');
}

test('a terminal is shown address, first key, a code to scan, and how to trust it', () => {
  const shown = announced(true);
  expect(shown).toContain('Onlooker is at https://192.168.1.5:8443/');
  expect(shown).toContain('https://[fd00::5]:8443/');
  expect(shown).toContain('onl_first_key');
  expect(shown).toContain('https://192.168.1.5:8443/ca.crt');
  expect(shown).toContain('AA:BB');
  expect(shown).toMatch(/[▀▄█]{3}/);
  // The quiet zone around the code, which must be light, is made of blocks: they have to be the white ones.
  expect(shown).toContain('\u001b[97;40m█████');
  // It is in the code alone: a screen that is scrolled back tells nobody a ticket.
  expect(shown).not.toContain('the-ticket');
  expect(announced(true, INVITATION, { ...ANNOUNCED, basePath: '/cams' })).toContain('https://192.168.1.5:8443/cams/');
});

test('what is no terminal is told where it is, and no secret; no ticket is made for it', () => {
  let made = 0;
  const shown = announced(false, { key: 'onl_first_key', signInTicket: () => `ticket ${++made}` });
  expect(shown).toContain('Onlooker is at https://192.168.1.5:8443/');
  expect(shown).not.toContain('onl_first_key');
  expect([made, /[▀▄█]{3}/.test(shown)]).toEqual([0, false]);
});

test('without a terminal and without keys it does not start, since nobody would be told the first one', async () => {
  const { code, stderr } = await failingStart({ ONLOOKER_DATA_DIR: folder }, undefined, ['--lan']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^onlooker: [^\n]*onlooker keys add[^\n]*\n$/)]);
});

test.skipIf(!existsSync('/usr/bin/script'))(
  'at a terminal a first key is made, once, and opens the service',
  async () => {
    await defaultPack();
    const root = fileURLToPath(new URL('../..', import.meta.url));
    let key: string | undefined;
    for (const start of [1, 2]) {
      const env = {
        ...process.env,
        ONLOOKER_PORT: '0',
        ONLOOKER_DATA_DIR: folder,
        ONLOOKER_MODELS_DIR: cacheDir,
        ONLOOKER_TUNE_AT_START: 'false',
      };
      const terminal = spawn(
        'script',
        ['-qefc', `${process.execPath} ${join(root, 'dist/bin/onlooker.js')} serve --lan`, '/dev/null'],
        { env },
      );
      let shown = '';
      terminal.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
      const [, address = ''] = await until(() => /Onlooker is at (https:\S+\/)/.exec(shown) ?? undefined);
      const fresh = await until(() =>
        shown.includes('SHA-256') ? (/onl_[a-z0-9]{8}_[\w-]{43}/.exec(shown)?.[0] ?? 'none') : undefined,
      );
      expect([start, fresh === 'none']).toEqual([start, start === 2]);
      key ??= fresh;
      expect(shown).toMatch(/[▀▄█]{3}/);
      // Where to open it is said once more when it can be used.
      await until(() => /Onlooker is ready: open https:\/\/localhost:\d+\/\r?\n/.exec(shown) ?? undefined);
      expect(shown).not.toMatch(/\[::\]|0\.0\.0\.0/);
      expect((await getOverTls(`${address}v1/people`)).status).toBe(401);
      expect((await getOverTls(`${address}v1/keys`, undefined, { authorization: `Bearer ${key}` })).status).toBe(200);
      const ended = once(terminal, 'close');
      terminal.stdin.write('\u0003');
      await ended;
    }
  },
  60_000,
);

test('whoever has the data folder asks for another sign-in while the service runs, and no key is made for it', async () => {
  await defaultPack();
  const service = await launchService({ ONLOOKER_DATA_DIR: folder, ONLOOKER_ADMIN_KEY: 'k'.repeat(40) }, ['--lan']);
  const ticket = await invite(folder);
  const invitations = join(folder, 'invitations');
  // It is not written down: what lies there opens nothing.
  expect((await readdir(invitations)).join()).not.toContain(ticket);
  await until(async () => ((await readdir(invitations)).length === 0 ? true : undefined));
  const https = service.url.replace('http', 'https');
  const first = await getOverTls(`${https}/v1/keys?ticket=${ticket}`);
  const second = await getOverTls(`${https}/v1/keys?ticket=${ticket}`);
  expect([first.status, second.status]).toEqual([200, 401]);
  expect(existsSync(join(folder, 'keys.json'))).toBe(false);
  expect(service.log).not.toContain(ticket);
  await service.stop();
});

test('invitations that nobody took in time, and whatever else lies there, let nobody in', async () => {
  await invite(folder);
  await writeFile(join(folder, 'invitations', 'x'.repeat(64)), '');
  const [name = ''] = (await readdir(join(folder, 'invitations'))).filter((one) => !one.startsWith('x'));
  const longAgo = new Date(Date.now() - INVITATION_MS - 1000);
  await utimes(join(folder, 'invitations', name), longAgo, longAgo);
  expect(await takeInvitations(folder, Date.now())).toEqual([]);
  expect(await readdir(join(folder, 'invitations'))).toEqual(['x'.repeat(64)]);
});

test('`onlooker lan` tells the address again, and in one line what it lacks', async () => {
  await defaultPack();
  const run = (port: number) => onlooker(['lan', '--port', String(port)], { ONLOOKER_DATA_DIR: folder });
  const before = await run(1);
  expect([before.code, before.stderr]).toEqual([
    1,
    expect.stringMatching(/^onlooker: no `onlooker serve --lan` has run [^\n]+\n$/),
  ]);
  const service = await launchService({ ONLOOKER_DATA_DIR: folder, ONLOOKER_ADMIN_KEY: 'k'.repeat(40) }, ['--lan']);
  const health = ['health', '--port', String(service.port)];
  await until(async () => (await onlooker(health, { ONLOOKER_DATA_DIR: folder })).code === 0 || undefined);
  const told = await run(service.port);
  expect(told.code).toBe(0);
  expect(told.stdout).toMatch(new RegExp(`Onlooker is at https://\\S+:${service.port}/\n`));
  expect(told.stdout).toMatch(/SHA-256 ([0-9A-F]{2}:){31}/);
  // No terminal: no code, and nothing that could be one.
  expect(existsSync(join(folder, 'invitations'))).toBe(false);
  const elsewhere = await run(1);
  expect([elsewhere.code, elsewhere.stderr]).toEqual([
    1,
    expect.stringMatching(/^onlooker: no [^\n]+ answers at port 1: [^\n]+\n$/),
  ]);
  await service.stop();
});

test('the code signs in as an administrator, once', async () => {
  const keys = await KeyStore.open({ path: join(folder, 'keys.json') });
  const tickets = new Tickets();
  const first = new FirstAccess({ keys, tickets, open: false, firstKey: null });
  expect(first.signInTicket()).toBeNull();
  await keys.add({ name: 'door', roles: ['ingest'], streams: ['door'], expires_at: null });
  expect(first.signInTicket()).toBeNull();
  const made = await keys.add({ name: 'first', roles: ['admin'], streams: ['*'], expires_at: null });
  const ticket = first.signInTicket() ?? '';
  expect(tickets.redeem(ticket)?.roles).toEqual(['admin']);
  expect(tickets.redeem(ticket)).toBeNull();
  const unused = first.signInTicket() ?? '';
  await new FirstAccess({ keys, tickets, open: false, firstKey: made }).takeBack();
  expect(tickets.redeem(unused)).toBeNull();
  expect(keys.hasAdmin).toBe(false);
  await keys.close();
});

/** Whether a client that trusts this authority accepts that certificate for a name: 'trusted', or the reason why not. */
async function trusted(caPem: string, pair: { certPem: string; keyPem: string }, name: string): Promise<string> {
  const { createServer, connect } = await import('node:tls');
  const server = createServer({ cert: pair.certPem, key: pair.keyPem })
    .on('tlsClientError', () => undefined)
    .listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const verdict = await new Promise<string>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: name, ca: caPem });
    socket.on('secureConnect', () => resolve('trusted'));
    socket.on('error', (error: Error) => resolve(error.message));
    socket.on('close', () => socket.destroy());
    setTimeout(() => socket.destroy(), 5000).unref();
  });
  server.close();
  return verdict;
}
