// The loop of a camera stream: when a frame is due and may be sent, the newest picture is taken and sent. Must never take
// a picture that it cannot send at once, nor have more unanswered than the credits: what cannot go is never made.
import type { Task } from '../../protocol/payloads.js';
import { ServerError } from '../errors.js';
import type { FrameResult } from '../results.js';
import type { OnlookerStream } from '../stream.js';
import type { Adaptation, BlockedBy } from './adaptation.js';
import type { CapturedFrame } from './camera-options.js';
import type { Capture, Picture } from './capture.js';
import { FrameRing } from './frame-ring.js';
import { Rate } from './rate.js';

/** Credits may be many; each frame under way is a bitmap in memory. */
const MAX_UNANSWERED = 8;
/** Those under way, and some whose results are on the screen or about to be. */
const RING_FRAMES = MAX_UNANSWERED + 4;
/** How soon to look again whether the socket has sent what it had: browsers have no event for it. */
const LOOK_AGAIN_MS = 10;
const SMOOTHING = 0.2;

interface UnderWay {
  readonly sentMs: number;
  readonly bytes: number;
}

export interface SenderLink<T extends Task> {
  readonly stream: OnlookerStream<T, unknown>;
  readonly adaptation: Adaptation;
  /** What the socket has not handed to the network yet. */
  unsentBytes(): number;
  /** It asked for events alone: a frame is done with when the network has it. */
  readonly isWithoutResults: boolean;
  onAdapted(): void;
  /** The service, or the library in its place, would not take a frame at all. */
  onRefused(error: ServerError): void;
}

export class FrameSender<T extends Task> {
  readonly #link: SenderLink<T>;
  readonly #ring = new FrameRing(RING_FRAMES);
  readonly #underWay = new Map<number, UnderWay>();
  readonly #sentRate = new Rate();
  readonly #answeredRate = new Rate();
  #nextSeq = 0;
  #maxUnanswered = 0;
  #roundTripMs = 0;
  #serviceMs = 0;
  #wake: () => void = () => undefined;

  constructor(link: SenderLink<T>) {
    this.#link = link;
  }

  get figures() {
    const nowMs = performance.now();
    return {
      sentFps: this.#sentRate.at(nowMs),
      answeredFps: this.#answeredRate.at(nowMs),
      maxUnanswered: this.#maxUnanswered,
      roundTripMs: this.#roundTripMs,
      serviceMs: this.#serviceMs,
    };
  }

  frameOf(seq: number): CapturedFrame | undefined {
    return this.#ring.get(seq);
  }

  /** Takes and sends until the signal says otherwise or the source has ended. @throws CameraError */
  async run(capture: Capture, signal: AbortSignal): Promise<void> {
    let dueMs = performance.now();
    while (!signal.aborted) {
      await sleep(dueMs - performance.now(), signal);
      await this.#mayBeSent(signal);
      if (signal.aborted) return;
      const { fps, sidePx, quality } = this.#link.adaptation.settings;
      const picture = await capture.take({ sidePx, quality });
      if (!picture) return;
      const { widthPx, heightPx } = picture.source;
      if (this.#link.adaptation.sized(widthPx, heightPx)) this.#link.onAdapted();
      if (signal.aborted) picture.image.close();
      else this.#send(picture);
      // One interval may be caught up, so that a rate that is the camera's own misses none of its frames; no more.
      const intervalMs = 1000 / fps;
      dueMs = Math.max(dueMs + intervalMs, performance.now() - intervalMs);
    }
  }

  /** To be called with every result. @returns the frame that it is about */
  answered(result: FrameResult<T>): CapturedFrame | undefined {
    const isDropped = result.status === 'dropped' && result.reason !== 'draining';
    // What was dropped or refused tells no times; it was the service that held it.
    this.#settle(result.seq, result.status === 'ok' ? result.timing.total : Infinity, isDropped);
    if (result.status === 'ok') this.#answeredRate.add(performance.now());
    return this.#ring.get(result.seq);
  }

  /** The connection broke: what was under way is lost. */
  interrupted(): void {
    this.#underWay.clear();
    this.#link.adaptation.reconnected(performance.now());
  }

  close(): void {
    this.#ring.clear();
  }

  #send({ image, jpeg, ts }: Picture): void {
    const { stream, adaptation, isWithoutResults } = this.#link;
    const seq = this.#nextSeq;
    if (!stream.hasCredit) {
      // The connection broke while the picture was taken.
      image.close();
      return;
    }
    const nowMs = performance.now();
    this.#nextSeq += 1;
    this.#underWay.set(seq, { sentMs: nowMs, bytes: jpeg.byteLength });
    this.#ring.add({ seq, ts, image, widthPx: image.width, heightPx: image.height });
    stream.send(jpeg, { ts, seq }).then(
      () => isWithoutResults && this.#settle(seq, 0, false),
      (error: unknown) => {
        this.#underWay.delete(seq);
        if (error instanceof ServerError) this.#link.onRefused(error);
      },
    );
    this.#sentRate.add(nowMs);
    this.#maxUnanswered = Math.max(this.#maxUnanswered, stream.unanswered);
    adaptation.sent(nowMs, jpeg.byteLength);
  }

  /** @param serviceMs what of its round trip the service took, as far as it is known */
  #settle(seq: number, serviceMs: number, isDropped: boolean): void {
    const nowMs = performance.now();
    const frame = this.#underWay.get(seq);
    this.#forgetUpTo(seq);
    if (frame) {
      const { sentMs, bytes } = frame;
      const roundTripMs = nowMs - sentMs;
      const heldMs = Math.min(serviceMs, roundTripMs);
      this.#roundTripMs = smoothed(this.#roundTripMs, roundTripMs);
      this.#serviceMs = smoothed(this.#serviceMs, heldMs);
      if (this.#link.adaptation.answered({ nowMs, sentMs, bytes, serviceMs: heldMs, isDropped })) this.#link.onAdapted();
    }
    this.#wake();
  }

  /** Results come in order; frames before one that have none will never get one. */
  #forgetUpTo(seq: number): void {
    for (const earlier of this.#underWay.keys()) {
      if (earlier > seq) return;
      this.#underWay.delete(earlier);
    }
  }

  async #mayBeSent(signal: AbortSignal): Promise<void> {
    for (let looks = 0; !signal.aborted; looks++) {
      const by = this.#blockedBy();
      if (!by) return;
      // A socket that is empty at the second look was only about to be.
      if (looks === (by === 'socket' ? 1 : 0)) this.#link.adaptation.blocked(performance.now(), by);
      this.#tellWaiting();
      await sleep(LOOK_AGAIN_MS, signal, (wake) => (this.#wake = wake));
    }
  }

  #tellWaiting(): void {
    const [oldest] = this.#underWay.values();
    if (oldest && this.#link.adaptation.waited(performance.now(), oldest.sentMs)) this.#link.onAdapted();
  }

  #blockedBy(): BlockedBy | undefined {
    const { stream, adaptation } = this.#link;
    if (this.#link.unsentBytes() > 0) return 'socket';
    if (stream.unanswered >= stream.credits) return 'credits';
    const allowed = Math.min(MAX_UNANSWERED, adaptation.mayBeUnanswered(stream.credits));
    return stream.unanswered < allowed ? undefined : 'allowance';
  }
}

/** Waits so long, until the signal ends it, or until the function given to `onWaiting` is called. */
function sleep(ms: number, signal: AbortSignal, onWaiting?: (wake: () => void) => void): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    signal.addEventListener('abort', settle);
    onWaiting?.(settle);
  });
}

function smoothed(before: number, value: number): number {
  return before === 0 ? value : before + SMOOTHING * (value - before);
}
