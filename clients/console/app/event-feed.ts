// What happens at the service, once for the whole page: one subscription to all streams, which comes back by itself after
// any break and goes on from the last event it had. It keeps no events: views that show them listen and ask for the rest.
import { signal } from '@preact/signals';
import type { KeptEvent } from '../../../protocol/events.js';
import { Subscription } from '../../subscription.js';
import { linkOptions } from './link-options.js';

export type FeedState = 'connecting' | 'live' | 'reconnecting';
type Listener = (event: KeptEvent) => void;

/** Whether what happens is heard at this moment. */
export const feedState = signal<FeedState>('connecting');

const listeners = new Set<Listener>();
/** A subscription ends for good only while the service is away or another one answers in its place: then a new one is tried. */
const RESTART_MS = 2_000;

/** Hears every event from now on, each once and in order. @returns how to stop */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function startFeed(): void {
  void follow(undefined);
}

async function follow(since: string | undefined): Promise<void> {
  let place = since;
  for (;;) {
    const subscription = subscribe(place);
    subscription.on('subscribed', () => (feedState.value = 'live'));
    subscription.on('disconnected', () => (feedState.value = 'reconnecting'));
    try {
      for await (const message of subscription) if (message.t === 'event') tell(message);
    } catch {
      // Told by the state: the next attempt follows.
    }
    feedState.value = 'reconnecting';
    place = subscription.since ?? place;
    await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
  }
}

function subscribe(since: string | undefined): Subscription {
  return new Subscription(
    { streams: ['*'], send: 'events', ...(since === undefined ? {} : { since }) },
    linkOptions(),
    () => undefined,
  );
}

function tell(event: KeptEvent): void {
  for (const listener of [...listeners]) {
    try {
      listener(event);
    } catch (error) {
      console.error('a view could not take an event', error);
    }
  }
}
