// The events and subscriptions of the scripted service: kept events are told in order, some at a time, to each follower
// from its own place on; of two subscriptions of one connection to a stream the later one counts.
import { setImmediate } from 'node:timers/promises';
import type { Message } from './scripted-service.js';

/** An event as a test tells it, with what every event of a track has. */
export const APPEAR = {
  kind: 'appear',
  stream: 'door',
  track: 't1',
  ts: 1_732_160_000_000,
  first_ts: 1_732_160_000_000,
  last_ts: 1_732_160_000_500,
  person: null,
  similarity: null,
  box: [1, 2, 3, 4],
  frames: 5,
  model: 'scripted',
  gallery_version: 1,
  threshold: 0.4,
};

interface Follower {
  readonly streams: Set<string>;
  readonly send: (message: Message) => void;
  /** Place in `kept` of the next event to tell. */
  next: number;
  isTelling: boolean;
}

export class ScriptedEvents {
  /** All that were told, each with its id. */
  readonly kept: Message[] = [];
  #followers: Follower[] = [];

  /** Keeps an event and tells it to who follows its stream. */
  tell(fields: Message = {}): Message {
    const event: Message = { ...APPEAR, ...fields, id: `e${String(this.kept.length + 1).padStart(6, '0')}` };
    this.kept.push(event);
    for (const follower of this.#followers) void this.#goOn(follower);
    return event;
  }

  follow({ streams, since }: Message, send: Follower['send']): void {
    this.leave({ streams }, send);
    const later = this.kept.findIndex(({ id }) => String(id) > String(since));
    const next = since === undefined || later < 0 ? this.kept.length : later;
    const follower = { streams: new Set(streams as string[]), send, next, isTelling: false };
    this.#followers.push(follower);
    void this.#goOn(follower);
  }

  leave({ streams }: Message, send: Follower['send']): void {
    const names = streams as string[];
    for (const follower of this.#followers.filter((one) => one.send === send)) {
      if (names.includes('*')) follower.streams.clear();
      else for (const name of names) follower.streams.delete(name);
    }
    this.#followers = this.#followers.filter((follower) => follower.streams.size > 0);
  }

  async #goOn(follower: Follower): Promise<void> {
    if (follower.isTelling) return;
    follower.isTelling = true;
    while (follower.next < this.kept.length && follower.streams.size > 0) {
      for (const event of this.kept.slice(follower.next, follower.next + 8)) {
        follower.next += 1;
        if (follower.streams.has('*') || follower.streams.has(String(event.stream))) follower.send({ t: 'event', ...event });
      }
      await setImmediate();
    }
    follower.isTelling = false;
  }
}
