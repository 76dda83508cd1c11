// Addresses that are printed can be opened by a person as they stand.
import { expect, test } from 'vitest';
import { openableAddresses } from '../../server/openable-addresses.js';

const NAMES = { names: ['pi', 'localhost'], addresses: ['192.168.1.5', 'fd00::5', '127.0.0.1', '::1'] };
const of = (host: string) => openableAddresses('https', host, 8080, NAMES);

test.each([
  ['127.0.0.1', ['https://127.0.0.1:8080']],
  ['localhost', ['https://localhost:8080']],
  ['192.168.1.5', ['https://192.168.1.5:8080']],
  ['::1', ['https://[::1]:8080']],
  ['[::1]', ['https://[::1]:8080']],
  ['0.0.0.0', ['https://localhost:8080', 'https://192.168.1.5:8080']],
  ['::', ['https://localhost:8080', 'https://192.168.1.5:8080', 'https://[fd00::5]:8080']],
  ['[::]', ['https://localhost:8080', 'https://192.168.1.5:8080', 'https://[fd00::5]:8080']],
])('listening on %s', (host, addresses) => {
  expect(of(host)).toEqual(addresses);
  for (const address of addresses) expect(new URL(address).origin).toBe(address);
});
