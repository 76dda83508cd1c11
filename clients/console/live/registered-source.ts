// A camera that the service watches by itself: its results by subscription, its pictures one by one, each shown with the
// result that it belongs to. Must never ask for a second picture before the first has come.
import type { KeptEvent } from '../../../protocol/events.js';
import { Rate } from '../../browser/rate.js';
import { Subscription } from '../../subscription.js';
import { onEvent } from '../app/event-feed.js';
import { linkOptions } from '../app/link-options.js';
import { http } from '../app/service.js';
import { liveResult, type LiveResult } from './live-result.js';
import type { LiveFigures, LiveListener, LiveSource } from './live-source.js';

/** Results that may wait for their picture. */
const MOST_RESULTS = 32;
/** Pictures whose results were drawn, kept until newer ones are surely drawn. */
const MOST_IMAGES = 4;

export class RegisteredSource implements LiveSource {
  readonly stream: string;
  readonly video = undefined;
  readonly #listener: LiveListener;
  readonly #subscription: Subscription;
  readonly #stopListening: () => void;
  readonly #results = new Map<number, LiveResult>();
  readonly #images: ImageBitmap[] = [];
  readonly #answered = new Rate();
  readonly #droppedRate = new Rate();
  #dropped = 0;
  #isFetching = false;
  #isLive = false;
  #isClosed = false;

  /** @throws ConnectionError · ServerError `NOT_FOUND` */
  static async open(stream: string, listener: LiveListener): Promise<RegisteredSource> {
    const { state, reason } = await http.streams.get(stream);
    const source = new RegisteredSource(stream, listener);
    if (state === 'live') source.#live();
    else listener.onState({ is: 'away', state, reason });
    return source;
  }

  private constructor(stream: string, listener: LiveListener) {
    this.stream = stream;
    this.#listener = listener;
    this.#subscription = new Subscription({ streams: [stream], send: 'frames' }, linkOptions(), () => undefined);
    this.#subscription.on('disconnected', () => {
      this.#isLive = false;
      // The service may have been started anew, and counts from 0 then.
      this.#results.clear();
      listener.onState({ is: 'reconnecting' });
    });
    this.#stopListening = onEvent((event) => this.#onEvent(event));
    void this.#follow();
  }

  get figures(): LiveFigures {
    const nowMs = performance.now();
    return {
      fps: this.#answered.at(nowMs),
      droppedLately: Math.round(2 * this.#droppedRate.at(nowMs)),
      dropped: this.#dropped,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    await this.#subscription.close();
    for (const image of this.#images.splice(0)) image.close();
  }

  async #follow(): Promise<void> {
    try {
      for await (const message of this.#subscription) {
        if (message.t !== 'result') continue;
        if (message.status === 'dropped') {
          this.#dropped += 1;
          this.#droppedRate.add(performance.now());
        }
        const result = liveResult(message);
        if (result) this.#keep(message.seq, result);
      }
    } catch (error) {
      if (!this.#isClosed) this.#listener.onState({ is: 'failed', error });
    }
  }

  #keep(seq: number, result: LiveResult): void {
    this.#answered.add(performance.now());
    this.#live();
    this.#results.set(seq, result);
    const [oldest] = this.#results.keys();
    if (this.#results.size > MOST_RESULTS && oldest !== undefined) this.#results.delete(oldest);
    if (!this.#isFetching && document.visibilityState === 'visible') void this.#fetchPicture();
  }

  async #fetchPicture(): Promise<void> {
    this.#isFetching = true;
    try {
      const { image: jpeg, seq } = await http.streams.answered(this.stream);
      const image = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
      const result = this.#results.get(seq);
      // Without its result, which may still be under way, the next picture is shown instead.
      if (!result || this.#isClosed) image.close();
      else this.#show(seq, image, result);
    } catch {
      // The stream's state tells why there is none; the next result asks again.
    } finally {
      this.#isFetching = false;
    }
  }

  #show(seq: number, image: ImageBitmap, result: LiveResult): void {
    this.#images.push(image);
    if (this.#images.length > MOST_IMAGES) this.#images.shift()?.close();
    this.#listener.onFrame({ seq, image, result, roundTripMs: undefined });
  }

  #live(): void {
    if (this.#isLive || this.#isClosed) return;
    this.#isLive = true;
    this.#listener.onState({ is: 'live' });
  }

  #onEvent(event: KeptEvent): void {
    if (event.stream !== this.stream || event.kind !== 'stream_down') return;
    this.#isLive = false;
    this.#listener.onState({ is: 'away', state: event.state, reason: event.reason });
  }
}
