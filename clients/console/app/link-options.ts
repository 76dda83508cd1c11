// How this page connects to the service it came from, for subscriptions of its own.
import { RECONNECT_DEFAULTS } from '../../backoff.js';
import { systemClock } from '../../clock.js';
import { CODECS } from '../../codec.js';
import { Handshake } from '../../handshake.js';
import type { LinkOptions } from '../../link.js';
import { SERVICE_URL } from './service.js';

const ANSWER_TIMEOUT_MS = 10_000;

export function linkOptions(): LinkOptions {
  return {
    connection: { codec: CODECS.msgpack, clock: systemClock, answerTimeoutMs: ANSWER_TIMEOUT_MS },
    handshake: new Handshake(SERVICE_URL, { timeoutMs: ANSWER_TIMEOUT_MS }, WebSocket),
    reconnect: RECONNECT_DEFAULTS,
    random: Math.random,
  };
}
