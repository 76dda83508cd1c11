// How this page connects to the service it came from, for subscriptions of its own.
import { RECONNECT_DEFAULTS } from '../../backoff.js';
import { systemClock } from '../../clock.js';
import { CODECS } from '../../codec.js';
import type { LinkOptions } from '../../link.js';
import { socketUrl } from '../../socket.js';

export function linkOptions(): LinkOptions {
  return {
    connection: {
      url: socketUrl(location.origin),
      Socket: WebSocket,
      codec: CODECS.msgpack,
      clock: systemClock,
      answerTimeoutMs: 10_000,
    },
    reconnect: RECONNECT_DEFAULTS,
    random: Math.random,
  };
}
