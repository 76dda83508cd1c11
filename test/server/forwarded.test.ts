// What proxies say about a request: believed from those that are trusted, and from nobody else.
import { expect, test } from 'vitest';
import { AddressSet, addressOfHop, canonicalAddress } from '../../protocol/addresses.js';
import { forwardedReader, pathPrefix, type RequestHeaders } from '../../server/access/forwarded.js';

function headers(...lines: readonly (readonly [string, string])[]): RequestHeaders {
  return {
    // As uWebSockets.js does: the first line of that name.
    getHeader: (wanted) => lines.find(([name]) => name === wanted)?.[1] ?? '',
    forEach: (tell) => lines.forEach(([name, value]) => tell(name, value)),
  };
}
const read = (trusted: string, peer: string, ...lines: readonly (readonly [string, string])[]) =>
  forwardedReader({ trusted: AddressSet.parse(trusted), scheme: 'http', basePath: '' })(
    peer,
    headers(['host', 'own.test:8080'], ...lines),
  );
const client = (trusted: string, peer: string, forwardedFor: string): string =>
  read(trusted, peer, ['x-forwarded-for', forwardedFor]).clientAddress;

test('a stranger is believed nothing', () => {
  const lies = [
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-host', 'evil.test'],
    ['x-forwarded-prefix', '/evil'],
    ['x-ingress-path', '/evil'],
    ['forwarded', 'for=127.0.0.1;proto=https;host=evil.test'],
  ] as const;
  const own = { clientAddress: '203.0.113.7', scheme: 'http', host: 'own.test:8080', prefix: '' };
  expect(read('10.0.0.0/8', '203.0.113.7', ...lies)).toEqual(own);
  expect(read('', '203.0.113.7', ...lies)).toEqual(own);
  expect(read('', '127.0.0.1', ...lies)).toEqual({ ...own, clientAddress: '127.0.0.1' });
});

test('a trusted proxy is believed client, scheme, host and prefix', () => {
  expect(
    read(
      'loopback',
      '0000:0000:0000:0000:0000:ffff:7f00:0001',
      ['x-forwarded-for', '203.0.113.7'],
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-host', 'cams.example'],
      ['x-forwarded-prefix', '/onlooker/'],
    ),
  ).toEqual({ clientAddress: '203.0.113.7', scheme: 'https', host: 'cams.example', prefix: '/onlooker' });
});

test('the client is the right-most address that is no trusted proxy', () => {
  expect(client('10.0.0.0/8', '10.0.0.1', '127.0.0.1, 198.51.100.9, 10.0.0.2')).toBe('198.51.100.9');
  expect(client('10.0.0.1', '10.0.0.1', '198.51.100.9, 10.0.0.2')).toBe('10.0.0.2');
  expect(client('private', '192.168.1.2', '10.1.1.1, 192.168.1.3')).toBe('10.1.1.1');
  expect(client('loopback', '::1', '[2001:DB8::1]:4711')).toBe('2001:db8::1');
  expect(client('loopback', '127.0.0.1', '198.51.100.9:4711')).toBe('198.51.100.9');
});

test('an entry that is no address ends the chain at the last one that is', () => {
  expect(client('loopback, 10.0.0.1', '127.0.0.1', '198.51.100.9, unknown, 10.0.0.1')).toBe('10.0.0.1');
  expect(client('loopback', '127.0.0.1', '203.0.113.7, 0x7f.1')).toBe('127.0.0.1');
  expect(client('loopback', '127.0.0.1', '')).toBe('127.0.0.1');
});

test('a line of the client above that of the proxy changes nothing', () => {
  const forged = [
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-for', '203.0.113.7'],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-proto', 'http'],
  ] as const;
  expect(read('10.0.0.1', '10.0.0.1', ...forged)).toMatchObject({ clientAddress: '203.0.113.7', scheme: 'http' });
});

test('with several proxies, scheme and host are those at the one which the client reached', () => {
  const chain = [
    ['x-forwarded-for', '6.6.6.6, 203.0.113.7, 10.0.0.2'],
    ['x-forwarded-proto', 'http, https, http'],
    ['x-forwarded-host', 'evil.test, cams.example, inner.local'],
  ] as const;
  expect(read('10.0.0.0/8', '10.0.0.1', ...chain)).toMatchObject({ scheme: 'https', host: 'cams.example' });
});

test('`Forwarded` is read where there is nothing of the other kind', () => {
  const element = 'for="[2001:db8::1]:47011";proto=https;host="cams.example:8443"';
  expect(read('loopback', '127.0.0.1', ['forwarded', `for=6.6.6.6;host=evil.test, ${element}`])).toMatchObject({
    clientAddress: '2001:db8::1',
    scheme: 'https',
    host: 'cams.example:8443',
  });
  const both = read('loopback', '127.0.0.1', ['forwarded', 'for=127.0.0.1'], ['x-forwarded-for', '203.0.113.7']);
  expect(both.clientAddress).toBe('203.0.113.7');
  const leftOpen = read('loopback', '127.0.0.1', ['forwarded', 'for="6.6.6.6, for=203.0.113.7;proto=http']);
  expect(leftOpen).toMatchObject({ clientAddress: '203.0.113.7', scheme: 'http' });
});

test('a prefix is taken from Home Assistant, from the proxy, or from the setting, in that order', () => {
  const reader = forwardedReader({ trusted: AddressSet.parse('loopback'), scheme: 'http', basePath: '/base' });
  const prefix = (...lines: readonly (readonly [string, string])[]) => reader('127.0.0.1', headers(...lines)).prefix;
  expect(prefix()).toBe('/base');
  expect(prefix(['x-forwarded-prefix', '/proxy'])).toBe('/proxy');
  expect(prefix(['x-forwarded-prefix', '/proxy'], ['x-ingress-path', '/api/hassio_ingress/aB-9_z'])).toBe(
    '/api/hassio_ingress/aB-9_z',
  );
  expect(prefix(['x-forwarded-prefix', '//evil.test'])).toBe('/base');
});

test.each([
  ['/', ''],
  ['/cams', '/cams'],
  ['/cams/', '/cams'],
  ['/a/b.c/~d', '/a/b.c/~d'],
])('%s is a prefix', (text, prefix) => expect(pathPrefix(text)).toBe(prefix));

test.each([
  'cams',
  '//evil.test',
  '/a//b',
  '/..',
  '/a/../b',
  '/./a',
  '/a%2e%2e',
  '/a b',
  '/a;b',
  '/a,b',
  '/a?b',
  '/a#b',
  '/a\\b',
  '/<a>',
  '/"a"',
  '/a\r\nb',
  '/é',
  `/${'a'.repeat(200)}`,
])('%j is no prefix', (text) => expect(pathPrefix(text)).toBeUndefined());

test('an address has one spelling', () => {
  expect(canonicalAddress('::FFFF:10.0.0.1')).toBe('10.0.0.1');
  expect(canonicalAddress('2001:0DB8:0:0::1')).toBe('2001:db8::1');
  expect(canonicalAddress('fe80::1%eth0')).toBe('fe80::1');
  for (const none of ['', 'localhost', '10.1', '010.0.0.1', '0x7f000001', '::g', '1.2.3.4.5']) {
    expect(canonicalAddress(none)).toBeUndefined();
  }
  expect(addressOfHop('[::1]')).toBe('::1');
  expect(addressOfHop('::1')).toBe('::1');
  expect(addressOfHop('10.0.0.1:99')).toBe('10.0.0.1');
});

test('sets hold addresses, ranges and names, and say which part they do not understand', () => {
  const set = AddressSet.parse('loopback, 10.1.0.0/16 2001:db8::/32,192.0.2.1,::ffff:172.16.0.0/112');
  for (const inside of ['127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.2.3', '2001:db8::9', '192.0.2.1', '172.16.200.1']) {
    expect([inside, set.has(inside)]).toEqual([inside, true]);
  }
  for (const outside of ['10.2.0.1', '192.0.2.2', '2001:db9::1', '172.17.0.1', '', 'localhost']) {
    expect([outside, set.has(outside)]).toEqual([outside, false]);
  }
  for (const wrong of ['10.0.0.0/33', '10.0.0/8', 'proxy.local', '::1/129', '10.0.0.1/', 'Private']) {
    expect(() => AddressSet.parse(`127.0.0.1, ${wrong}`)).toThrow(wrong);
  }
  expect(AddressSet.EMPTY.has('127.0.0.1')).toBe(false);
});
