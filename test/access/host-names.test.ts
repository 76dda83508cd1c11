import { hostname, networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { HostNames, hostName, isLoopback, listeningName } from '../../server/access/host-names.js';

test.each([
  ['LocalHost:8080', 'localhost'],
  ['localhost.', 'localhost'],
  ['[::1]:80', '::1'],
  ['127.0.0.1', '127.0.0.1'],
  ['a_b.example-1.org:65535', 'a_b.example-1.org'],
  ['', null],
  ['a b', null],
  ['a/b', null],
  ['a@b', null],
  ['a:b', null],
  ['[::1', null],
  ['[zz]', null],
  ['-a', null],
  ['a,b', null],
])('of %s the host is %s', (header, wanted) => {
  expect(hostName(header)).toBe(wanted);
});

test.each(['::1', '[::1]', '127.0.0.1', 'LocalHost'])('a service that listens on %s listens on loopback', (host) => {
  expect(isLoopback(listeningName(host))).toBe(true);
});

const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((found) => found?.internal === false && found.family === 'IPv4')?.address;

test('a service on loopback has loopback names alone', () => {
  const names = new HostNames({ listensOn: '127.0.0.1', allowed: [] });
  expect(['localhost', 'x.localhost', '127.1.2.3', '[::1]'].every((name) => names.has(name))).toBe(true);
  expect([hostname(), '10.0.0.1', '0.0.0.0', ownAddress ?? '192.0.2.1'].some((name) => names.has(name))).toBe(false);
});

test('a service beyond loopback has the name and the addresses of its machine too', () => {
  const names = new HostNames({ listensOn: '0.0.0.0', allowed: ['faces.example.org', '*.lan'] });
  expect([hostname(), `${hostname()}.local`, 'faces.example.org', 'a.b.lan'].every((name) => names.has(name))).toBe(true);
  if (ownAddress !== undefined) expect(names.has(`${ownAddress}:8080`)).toBe(true);
  expect(['192.0.2.1', 'lan', 'evil.example'].some((name) => names.has(name))).toBe(false);
  expect(new HostNames({ listensOn: '127.0.0.1', allowed: ['*'] }).has('whatever.example')).toBe(true);
});
