// What happens at the service, once for the whole page: one subscription to all streams, which comes back by itself after
// any break and goes on from the last event it had. It keeps no events: views that show them listen and ask for the rest.
import { computed, effect, signal } from '@preact/signals';
import type { KeptEvent } from '../../../protocol/events.js';
import { isAboutRights } from '../../refusal.js';
import { Subscription } from '../../subscription.js';
import { linkOptions } from './link-options.js';
import { can, checkSession } from './session.js';

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

/** Where the next subscription goes on; it outlives a sign-in. */
let place: string | undefined;

/** Follows while somebody is signed in who may. */
export function startFeed(): void {
  const mayFollow = computed(() => can('view'));
  effect(() => {
    if (!mayFollow.value) return undefined;
    const stop = new AbortController();
    feedState.value = 'connecting';
    void follow(stop.signal);
    return () => stop.abort();
  });
}

async function follow(stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const subscription = subscribe(place);
    const close = () => void subscription.close();
    stop.addEventListener('abort', close);
    subscription.on('subscribed', () => (feedState.value = 'live'));
    subscription.on('disconnected', () => (feedState.value = 'reconnecting'));
    try {
      for await (const message of subscription) if (message.t === 'event') tell(message);
    } catch (error) {
      // Told by the state: the next attempt follows, unless nobody is signed in any more.
      if (isAboutRights(error)) await checkSession();
    }
    stop.removeEventListener('abort', close);
    place = subscription.since ?? place;
    if (stop.aborted) return;
    feedState.value = 'reconnecting';
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
