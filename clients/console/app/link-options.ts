// How this page connects to the service it came from, for subscriptions of its own.
import { RECONNECT_DEFAULTS } from '../../backoff.js';
import { systemClock } from '../../clock.js';
import { CODECS } from '../../codec.js';
import type { LinkOptions } from '../../link.js';
import { socketUrl } from '../../socket.js';
import { SERVICE_URL } from './service.js';

export function linkOptions(): LinkOptions {
  return {
    connection: {
      url: socketUrl(SERVICE_URL),
      Socket: WebSocket,
      codec: CODECS.msgpack,
      clock: systemClock,
      answerTimeoutMs: 10_000,
    },
    reconnect: RECONNECT_DEFAULTS,
    random: Math.random,
  };
}
