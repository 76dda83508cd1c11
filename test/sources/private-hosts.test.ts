// Which hosts a camera may be at, judged by the address that is connected to.
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseAddress, type CameraAddress } from '../../pipeline/sources/source-address.js';
import { isThisMachine, parseAllowedSources, refusalOf, type HostRules } from '../../pipeline/sources/source-hosts.js';
import { probeSource } from '../../pipeline/sources/probe-source.js';
import { redirectTarget } from '../../pipeline/sources/redirect.js';

const OTHERS: HostRules = { ownPort: 8080, servesOthers: () => true };
const ALONE: HostRules = { ownPort: 8080, servesOthers: () => false };
const allowed = (list: string): HostRules => ({ ...OTHERS, allowed: parseAllowedSources(list) ?? [] });
const camera = (url: string): CameraAddress => parseAddress(url, {}) as CameraAddress;
const refusal = (url: string, rules: HostRules): string | null => refusalOf(camera(url), camera(url).host, rules)?.reason ?? null;
const PRIVATE = 'the address is a private one that must be listed in ONLOOKER_ALLOWED_SOURCES';

const INTERNAL = [
  'http://169.254.169.254/latest/meta-data/',
  'rtsp://169.254.169.254/',
  'http://0xa9fea9fe/',
  'http://2852039166/',
  'http://0251.0376.0251.0376/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[::169.254.169.254]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://[fe80::1]/',
  'http://[fd00:ec2::254]/',
  'http://100.100.100.200/',
  'rtsp://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[ff02::1]/',
];
const LOOPBACK = [
  'http://127.0.0.1:9200/',
  'http://127.1:9200/',
  'http://2130706433:9200/',
  'http://0x7f.1:9200/',
  'http://0177.0.0.1:9200/',
  'http://0.0.0.0:9200/',
  'http://0:9200/',
  'http://[::1]:9200/',
  'http://[::]:9200/',
  'http://[::ffff:127.0.0.1]:9200/',
  'http://[::ffff:7f00:1]:9200/',
  'http://[::127.0.0.1]:9200/',
  'http://[64:ff9b::7f00:1]:9200/',
];

test.each(INTERNAL)('%s is nobody’s camera, whoever asks', (url) => {
  expect(refusal(url, ALONE)).toBe(PRIVATE);
  expect(refusal(url, OTHERS)).toBe(PRIVATE);
});

describe('this machine', () => {
  test.each(LOOPBACK)('%s is asked only while nobody but this machine can ask for it', (url) => {
    expect(refusal(url, ALONE)).toBeNull();
    expect(refusal(url, OTHERS)).toBe(PRIVATE);
  });

  test.each(LOOPBACK)('at the port of the service itself %s is refused, listed or not', (url) => {
    const own = { ...OTHERS, ownPort: 9200, allowed: parseAllowedSources('127.0.0.0/8, ::/0') ?? [] };
    expect(() => parseAddress(url, own)).toThrow(/this service itself/);
  });

  test('so it is for its addresses on the network', () => {
    const addresses = Object.values(networkInterfaces()).flatMap((cards) => cards ?? []);
    expect(addresses.every(({ address }) => isThisMachine(address))).toBe(true);
    const v4 = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
    if (v4 !== undefined) expect(refusal(`http://${v4.address}:9200/`, OTHERS)).toBe(PRIVATE);
  });

  test('relays of cameras on it are opened, whoever asks', () => {
    expect(refusal('rtsp://127.0.0.1:8554/door', OTHERS)).toBeNull();
  });
});

test.each(['http://192.168.1.20/video', 'rtsp://10.1.2.3/', 'http://172.16.0.9/', 'http://[fd12::7]/', 'rtsp://100.64.1.1/'])(
  '%s is a camera of the network',
  (url) => expect(refusal(url, OTHERS)).toBeNull(),
);

describe('what is listed', () => {
  test.each([
    ['127.0.0.1:9200', 'http://127.0.0.1:9200/', null],
    ['127.0.0.1:9200', 'http://127.0.0.1:9201/', PRIVATE],
    ['127.0.0.1', 'http://127.0.0.1:9201/', null],
    ['10.0.0.0/8, 169.254.0.0/16', 'rtsp://169.254.7.7/', null],
    ['[::1]:9200', 'http://[::1]:9200/', null],
    ['fe80::/10', 'http://[fe80::9]/', null],
    ['[fe80::/10]:81', 'http://[fe80::9]:81/', null],
    ['[fe80::/10]:81', 'http://[fe80::9]/', PRIVATE],
    ['::ffff:127.0.0.1', 'http://127.0.0.1:9201/', null],
    ['::ffff:127.0.0.0/104', 'http://127.0.0.1:9201/', null],
    ['127.0.0.0/8', 'http://[::ffff:127.0.0.1]:9200/', null],
    ['169.254.169.254/16', 'rtsp://169.254.7.7/', null],
    ['0:0:0:0:0:0:0:1', 'http://[::1]:9200/', null],
    ['Camera.local:81', 'http://127.0.0.1:81/', PRIVATE],
  ])('%s: %s', (list, url, expected) => expect(refusal(url, allowed(list))).toBe(expected));

  test('a name stands for wherever it leads', () => {
    expect(refusalOf(camera('http://camera.local:81/'), '127.0.0.1', allowed('Camera.local:81'))).toBeNull();
  });

  test.each([
    '127.0.0.1:0',
    '127.0.0.1:99999',
    '10.0.0.0/33',
    'a b',
    'http://x',
    '*',
    '[::1]:x',
    '10.0.0.0/-1',
    '10.0.0.0/8 10.0.0.1',
    '10.0.0.0/',
    '::1/129',
    '[::1',
    '10.0.0.0/8/8',
  ])('%s is no list', (list) => expect(parseAllowedSources(list)).toBeUndefined());
});

test('a name that leads home is found out when it is looked up', async () => {
  const probe = (url: string, rules: HostRules) => probeSource({ id: 'x', url }, { rules });
  await expect(probe('http://localhost:9/', OTHERS)).rejects.toMatchObject({
    code: 'BAD_MESSAGE',
    message: `Refused: ${PRIVATE}.`,
  });
  // `localhost.` and the like are caught by their letters; what they lead to is judged all the same.
  await expect(probe('http://localhost:9/', { ...OTHERS, ownPort: 9 })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('to others a closed port of this machine looks like one that is no camera', async () => {
  await expect(probeSource({ id: 'x', url: 'rtsp://127.0.0.1:9/' }, { rules: OTHERS })).rejects.toMatchObject({
    message: 'No picture: there is no camera at this address.',
  });
  await expect(probeSource({ id: 'x', url: 'rtsp://127.0.0.1:9/' }, { rules: ALONE })).rejects.toMatchObject({
    message: 'No picture: the connection is refused.',
  });
});

describe('a camera that leads on', () => {
  const from = camera('http://user:pass@192.168.1.20/a/video?x=1');
  const to = (location: string, rules: HostRules = OTHERS) => redirectTarget(from, '192.168.1.20', location, rules);

  test.each([
    ['/b', 'http://192.168.1.20:80/b'],
    ['c', 'http://192.168.1.20:80/a/c'],
    ['http://192.168.1.20/b', 'http://192.168.1.20:80/b'],
    ['https://192.168.1.20/b', 'https://192.168.1.20:443/b'],
  ])('to %s is followed, password and all', (location, url) => {
    expect(to(location)).toMatchObject({ url, credentials: { user: 'user', password: 'pass' } });
  });

  test.each([
    'http://192.168.1.21/b',
    '//192.168.1.21/b',
    'http://192.168.1.20:8000/b',
    'http://127.0.0.1/b',
    'rtsp://192.168.1.20/b',
    'file:///etc/passwd',
    'media:a.mp4',
    '',
    'http://',
  ])('to "%s" is not', (location) => {
    // An empty one leads to where it came from, round in circles.
    if (location === '') expect(to(location)).toMatchObject({ url: from.url });
    else expect(to(location)).toBeNull();
  });

  test('to another host that is listed is followed, without the password', () => {
    expect(to('http://192.168.1.21/b', allowed('192.168.1.21'))).toMatchObject({ host: '192.168.1.21', credentials: null });
  });

  test('on this machine an encrypted port is another service', () => {
    const here = camera('http://127.0.0.1:80/');
    expect(redirectTarget(here, '127.0.0.1', 'https://127.0.0.1/', OTHERS)).toBeNull();
  });
});
