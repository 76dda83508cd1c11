// `onlooker streams watch`: events as they come, over breaks of the connection, until somebody ends it.
import { toBase64 } from '../base64.js';
import type { Service } from '../commands/service.js';
import { createOutput } from '../terminal/output.js';
import { peopleApart } from '../people/people-apart.js';
import { eventHeader, eventLine } from './event-rows.js';

export interface WatchFlags {
  readonly since?: string;
  readonly json?: true;
}

/** @throws ConnectionError when there is no service at first · ServerError for ids that cannot be */
export async function watch(service: Service, ids: readonly string[], flags: WatchFlags, signal: AbortSignal): Promise<void> {
  const client = await service.connect({ signal });
  const output = createOutput();
  const close = () => void client.close();
  signal.addEventListener('abort', close);
  try {
    const subscription = await client.subscribe({
      streams: ids.length === 0 ? ['*'] : [...ids],
      send: 'events',
      ...(flags.since === undefined ? {} : { since: flags.since }),
    });
    let isAway = false;
    subscription.on('disconnected', ({ error }) => {
      // Once for each break, not for each attempt.
      if (!isAway) output.note(`onlooker: ${error.message}; trying again`);
      isAway = true;
    });
    subscription.on('subscribed', () => {
      isAway = false;
      output.note('onlooker: connected again');
    });
    const nameOf = flags.json ? undefined : await peopleApart(service.http(signal));
    if (!flags.json) await output.print(eventHeader());
    for await (const message of subscription) {
      if (message.t !== 'event') continue;
      const { t: _, ...event } = message;
      await output.print(flags.json ? JSON.stringify(event, bytesAsBase64) : eventLine(event, nameOf));
    }
  } finally {
    signal.removeEventListener('abort', close);
    output.close();
    await client.close();
  }
}

function bytesAsBase64(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toBase64(value) : value;
}
