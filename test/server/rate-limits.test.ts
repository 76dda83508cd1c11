// How much one client may ask for: wrong keys are slowed down and lock nobody out, requests, frames and connections have their rates.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Limits, type LimitSettings } from '../../server/access/limits.js';
import { LOCAL, type Principal } from '../../server/access/principal.js';
import { Rates } from '../../server/access/rates.js';
import { fixture } from '../fixtures.js';
import { bearer, startKeyedService, type KeyedService } from './support/keyed-service.js';
import { Socket } from './support/socket.js';

const WRONG = `onl_aaaaaaaa_${'x'.repeat(43)}`;

describe('a service with few attempts', () => {
  let keyed: KeyedService;
  beforeAll(async () => {
    keyed = await startKeyedService({ ONLOOKER_WRONG_KEYS_PER_MINUTE: '1', ONLOOKER_MAX_FRAMES_PER_S: '1' });
  });
  afterAll(() => keyed.stop());

  test('answers further wrong keys RATE_LIMITED wherever they are shown, and lets right ones in', async () => {
    expect((await keyed.get('/v1/people', bearer(WRONG))).status).toBe(401);
    const attempts = Array.from({ length: 39 }, async () => (await keyed.get('/v1/people', bearer(WRONG))).status);
    expect(new Set(await Promise.all(attempts))).toEqual(new Set([429]));
    const refused = await keyed.get('/v1/people', bearer('anything'));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(refused.body).toContain('RATE_LIMITED');
    expect(await keyed.upgrade(bearer(WRONG))).toBe(429);
    expect((await keyed.ask('POST', '/v1/session', WRONG, { key: WRONG })).status).toBe(429);
    expect((await keyed.get('/v1/people', bearer(keyed.keys.viewer))).status).toBe(200);
    expect((await keyed.get('/health', {})).status).toBe(200);
    const metrics = await keyed.get('/metrics', bearer(keyed.keys.admin));
    expect(metrics.body).toMatch(/onlooker_turned_away_total\{reason="rate_limited"\} [1-9]/);
  });

  test('answers whoever shows wrong ones all the time late, and others meanwhile', async () => {
    await keyed.get('/v1/people', bearer(WRONG));
    const answered: string[] = [];
    const note = (what: string) => (): void => void answered.push(what);
    const slowed = [
      keyed.get('/v1/people', bearer(WRONG)).then(note('wrong key')),
      keyed.upgrade(bearer(WRONG)).then(note('wrong handshake')),
    ];
    await keyed.get('/v1/people', bearer(keyed.keys.viewer)).then(note('right key'));
    await Promise.all(slowed);
    expect(answered[0]).toBe('right key');
    expect(answered).toHaveLength(3);
  });

  test('answers frames beyond their rate in their turn', async () => {
    const face = await readFile(await fixture('franck_01829.jpg'));
    const socket = await Socket.connect(`${keyed.service.wsUrl}?stream=rated`, [
      `bearer.${keyed.keys.ingest}`,
      'onlooker.v1.msgpack',
    ]);
    await socket.next('hello');
    await socket.next('opened');
    const count = 20;
    for (let seq = 0; seq < count; seq++) socket.raw(face);
    const results: unknown[] = [];
    for (let seq = 0; seq < count; seq++) results.push(await socket.next('result'));
    expect(results.map((result) => (result as { seq: number }).seq)).toEqual(Array.from({ length: count }, (_, seq) => seq));
    const waits = results.filter((result) => (result as { code?: string }).code === 'RATE_LIMITED');
    expect(waits).not.toEqual([]);
    for (const wait of waits as { retry_after_ms: number }[]) {
      expect(wait.retry_after_ms).toBeGreaterThan(0);
      expect(wait.retry_after_ms).toBeLessThanOrEqual(1000);
    }
    await socket.close();
  });
});

test('a rate has a burst, makes up for what was taken, and knows each by itself', () => {
  let nowMs = 5_000_000;
  const rates = new Rates({ perSecond: 2, burst: 2, nowMs: () => nowMs });
  expect([rates.take('a'), rates.take('a'), rates.take('a'), rates.take('b')]).toEqual([0, 0, 500, 0]);
  nowMs += 500;
  expect([rates.take('a'), rates.take('a')]).toEqual([0, 500]);
  // What is large is made up for afterwards.
  expect([rates.take('c', 10), rates.waitMs('c')]).toEqual([0, 4500]);
});

const settings: LimitSettings = {
  wrongKeysPerMinute: 1,
  maxRequestsPerS: 1,
  maxFramesPerS: 1,
  maxMbPerS: 1,
  maxConnectionsOfAddress: 2,
  maxConnectionsOfKey: 2,
  maxHandshakesPerS: 3,
};
const keyed: Principal = { ...LOCAL, id: 'key abc', kind: 'key' };

test('an address of IPv6 is its /64, and this machine without a key has no limits', () => {
  const limits = new Limits(settings, () => 1_000_000);
  limits.wrongKey('2001:db8::1');
  expect(() => limits.wrongKey('2001:db8::ffff')).toThrow('wrong keys');
  limits.wrongKey('2001:db8:0:1::1');
  for (let request = 0; request < 9; request++) limits.request(LOCAL, '127.0.0.1');
  limits.request(keyed, '127.0.0.1');
  expect(() => limits.request(keyed, '10.0.0.9')).toThrow('requests');
});

test('connections of an address are counted until they close, those of this machine are not bounded', () => {
  const limits = new Limits(settings, () => 1_000_000);
  limits.handshake('10.0.0.1');
  const closed = limits.connected('10.0.0.1', LOCAL);
  limits.handshake('10.0.0.1');
  limits.connected('10.0.0.1', LOCAL);
  expect(() => limits.handshake('10.0.0.1')).toThrow('may have 2 connections');
  expect(() => limits.handshake('10.0.0.1')).toThrow('being made');
  closed();
  limits.handshake('10.0.0.2');
  for (let socket = 0; socket < 9; socket++) {
    limits.handshake('::1');
    limits.connected('::1', LOCAL);
  }
});

test('connections of a key are counted wherever they come from, until they close', () => {
  const limits = new Limits(settings, () => 1_000_000);
  const ticket: Principal = { ...keyed, kind: 'ticket' };
  limits.assertMayConnect(keyed);
  const closed = limits.connected('10.0.0.1', keyed);
  limits.connected('::1', ticket);
  expect(() => limits.assertMayConnect(keyed)).toThrow(expect.objectContaining({ code: 'LIMIT_REACHED' }));
  expect(() => limits.assertMayConnect(ticket)).toThrow('may have 2 connections');
  limits.assertMayConnect({ ...keyed, id: 'key other' });
  limits.assertMayConnect(LOCAL);
  closed();
  limits.assertMayConnect(ticket);
});

test('bytes that were not announced are made up for before the next request', () => {
  let nowMs = 1_000_000;
  const limits = new Limits({ ...settings, maxRequestsPerS: 0 }, () => nowMs);
  limits.request(keyed, '127.0.0.1');
  for (let chunk = 0; chunk < 6; chunk++) limits.came(keyed, '127.0.0.1', 500_000);
  limits.came(LOCAL, '127.0.0.1', 9_000_000);
  expect(() => limits.request(keyed, '127.0.0.1')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMs: 2001 }));
  nowMs += 2001;
  limits.request(keyed, '127.0.0.1');
  limits.request(LOCAL, '127.0.0.1');
});
