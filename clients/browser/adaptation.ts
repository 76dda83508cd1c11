// How much to send: decides rate, width and quality from how answers come back. Additive increase, multiplicative decrease
// (Chiu and Jain 1989), of two budgets: bytes a second for the network, frames a second for the service. A smaller picture
// comes before a slower one. Pure: time is passed in, nothing is measured here, nothing is sent.

import type { CaptureSettings } from './capture-settings.js';
import { scaledSize, type SourceSize } from './capture.js';

/** What keeps the picture from being as good and as frequent as it may be. */
export type LimitedBy = 'nothing' | 'service' | 'network';
/** All credits are out; as many frames are under way as may be; the socket has not sent the last one yet. */
export type BlockedBy = 'credits' | 'allowance' | 'socket';

export interface AdaptationLimits {
  readonly maxFps: number;
  /** Of the longer side. */
  readonly maxWidthPx: number;
  /** How long a frame may be under way beyond what an idle network and service take. */
  readonly targetMs: number;
}

/** One result, and what its frame cost. */
export interface Answered {
  readonly nowMs: number;
  readonly sentMs: number;
  readonly bytes: number;
  /** What of the round trip the service took. */
  readonly serviceMs: number;
  /** The service dropped it: it had no time for it. */
  readonly isDropped: boolean;
}

interface Rung {
  readonly sidePx: number;
  readonly quality: number;
  /** Size of a frame relative to the best rung's. */
  readonly weight: number;
}

/** Below this rate a smaller picture does more good than a slower one. */
const USEFUL_FPS = 8;
const MIN_FPS = 1;
const WINDOW_MS = 500;
const WINDOW_ANSWERS = 3;
const NETWORK_DECREASE = 0.7;
const SERVICE_DECREASE = 0.85;
/** A step up needs so much more budget than it costs, so that the picture does not go up and down. */
const STEP_UP_ROOM = 1.3;
/** How much of what the network was seen to carry is used; the rest keeps its queues empty. */
const SHARE_OF_CAPACITY = 0.8;
/** A budget of which less is used says nothing when all goes well. */
const USED_ENOUGH = 0.7;
/** The first frames show what the network carries; they are small, so that on a bad one they are soon through. */
const FIRST_SIDE_PX = 640;
/** An answer is late after so many targets. */
const LATE_TARGETS = 3;
/** The fastest way seen is forgotten so slowly, a second: a network that became longer is not congested for ever. */
const BASE_DRIFT_MS = 2;
const BYTES_PER_PIXEL_GUESS = 0.12;

export class Adaptation {
  readonly #limits: AdaptationLimits;
  /** Of the pictures before they are scaled; zero while it is not known. */
  #source: SourceSize = { widthPx: 0, heightPx: 0 };
  #rungs: readonly Rung[];
  #rung: number;
  #serviceFps: number;
  /** Bytes a second; infinite where the network has shown that it carries more than there is. */
  #networkBytes: number;
  /** Bytes of a frame of the best rung, learned. */
  #bestBytes: number;
  #baseMs = Infinity;
  /** What is told by frames sent before the last decrease is known already. */
  #changedMs = -Infinity;
  #isStarting = true;
  #window: Window | undefined;

  constructor(limits: AdaptationLimits) {
    this.#limits = limits;
    this.#rungs = ladder(limits.maxWidthPx);
    this.#serviceFps = limits.maxFps;
    this.#bestBytes = limits.maxWidthPx ** 2 * 0.5625 * BYTES_PER_PIXEL_GUESS;
    const first = this.#rungs.findIndex(({ sidePx }) => sidePx <= FIRST_SIDE_PX);
    this.#rung = first < 0 ? this.#rungs.length - 1 : first;
    this.#networkBytes = this.#frameBytes(this.#rung) * Math.min(USEFUL_FPS, limits.maxFps);
  }

  get settings(): CaptureSettings {
    const { sidePx, quality } = this.#current();
    const { widthPx, heightPx } = this.#source;
    const [scaledPx] = widthPx === 0 ? [sidePx] : scaledSize(widthPx, heightPx, sidePx);
    return { fps: this.#fps(), sidePx, widthPx: scaledPx, quality };
  }

  /**
   * The source gives pictures of this size; to be told with each. What it does not have cannot be sent, and what it has
   * gained may be.
   *
   * @returns whether the settings changed
   */
  sized(widthPx: number, heightPx: number): boolean {
    if (widthPx === 0 || heightPx === 0) return false;
    if (widthPx === this.#source.widthPx && heightPx === this.#source.heightPx) return false;
    return this.#changes(() => {
      this.#source = { widthPx, heightPx };
      this.#climb(ladder(Math.min(this.#limits.maxWidthPx, Math.max(widthPx, heightPx))));
    });
  }

  get limitedBy(): LimitedBy {
    if (this.#isStarting) return 'nothing';
    const byNetwork = this.#rung > 0 || this.#networkBytes / this.#frameBytes(this.#rung) < this.#serviceFps;
    if (byNetwork) return 'network';
    return this.#serviceFps < this.#limits.maxFps ? 'service' : 'nothing';
  }

  /** How many frames may be under way: all of the credits, or fewer where they would only wait in the network. */
  mayBeUnanswered(credits: number): number {
    if (this.#isStarting) return Math.min(1, credits);
    if (this.limitedBy !== 'network') return credits;
    return Math.min(credits, Math.max(1, Math.floor((this.#fps() * this.#limits.targetMs) / 1000)));
  }

  /** A frame was due and could not be sent; what it waits for: to be told once a frame. */
  blocked(nowMs: number, by: BlockedBy): void {
    const window = this.#windowAt(nowMs);
    window.due += 1;
    window[by] += 1;
  }

  /**
   * Still no answer: bad news before it comes.
   *
   * @param oldestMs when the oldest unanswered frame was sent
   * @returns whether the settings changed
   */
  waited(nowMs: number, oldestMs: number): boolean {
    const isLate = nowMs - oldestMs > LATE_TARGETS * this.#limits.targetMs;
    if (!isLate || oldestMs < this.#changedMs || (this.#window?.answers ?? 0) > 0) return false;
    return this.#changes(() => this.#decreaseNetwork(0, nowMs));
  }

  /** A frame was sent. */
  sent(nowMs: number, bytes: number): void {
    this.#windowAt(nowMs).due += 1;
    this.#bestBytes += 0.2 * (bytes / this.#current().weight - this.#bestBytes);
  }

  /** A result came. @returns whether the settings changed */
  answered(answer: Answered): boolean {
    const { nowMs, sentMs, bytes, serviceMs, isDropped } = answer;
    const window = this.#windowAt(nowMs);
    const networkMs = Math.max(1, nowMs - sentMs - serviceMs);
    window.answers += 1;
    window.bytes += bytes;
    // It was carried in no more than this time, and so the network carries no less.
    window.capacity = Math.max(window.capacity, (1000 * bytes) / networkMs);
    if (sentMs >= this.#changedMs) {
      this.#baseMs = Math.min(this.#baseMs, networkMs);
      window.judged += 1;
      window.networkMs += networkMs;
      window.serviceMs += serviceMs;
      window.dropped += isDropped ? 1 : 0;
    }
    const lastedMs = nowMs - window.startMs;
    const isShort = lastedMs < WINDOW_MS || (window.answers < WINDOW_ANSWERS && lastedMs < 4 * WINDOW_MS);
    if (isShort && !this.#isStarting) return false;
    this.#window = undefined;
    this.#isStarting = false;
    this.#baseMs += (BASE_DRIFT_MS * lastedMs) / 1000;
    return this.#changes(() => this.#judge(window, nowMs));
  }

  /** The connection is another one: what was under way says nothing of it, and its way may be longer or shorter. */
  reconnected(nowMs: number): void {
    this.#window = undefined;
    this.#baseMs = Infinity;
    this.#changedMs = nowMs;
    this.#isStarting = true;
  }

  #judge(window: Window, nowMs: number): void {
    const { targetMs, maxFps } = this.#limits;
    const seconds = Math.max(1, nowMs - window.startMs) / 1000;
    const judged = Math.max(1, window.judged);
    // A way longer than the target is not taken for granted: it may be our own frames that fill it.
    const waitingMs = window.networkMs / judged - Math.min(this.#baseMs, targetMs);
    const serviceMs = window.serviceMs / judged;
    const carried = window.bytes / seconds;

    if (window.socket > window.due / 4 || (waitingMs > targetMs / 2 && waitingMs > serviceMs / 2)) {
      this.#decreaseNetwork(carried, nowMs);
      return;
    }
    this.#networkBytes = Math.max(this.#networkBytes, SHARE_OF_CAPACITY * window.capacity);
    if (window.dropped > 0 || serviceMs > targetMs || window.credits > window.due / 2) {
      this.#decreaseService(window.answers / seconds, nowMs);
    } else if (window.judged > 0) {
      // With the best picture it may as well be the camera that gives no more.
      const isUsed = this.#rung === 0 || carried > USED_ENOUGH * this.#networkBytes;
      if (isUsed) this.#networkBytes += this.#frameBytes(this.#rung);
      this.#serviceFps = Math.min(maxFps, this.#serviceFps + 1);
    }
    this.#step();
  }

  /** @param carried bytes a second that came through lately */
  #decreaseNetwork(carried: number, nowMs: number): void {
    const used = Math.min(this.#networkBytes, this.#frameBytes(this.#rung) * this.#fps());
    const least = this.#frameBytes(this.#rungs.length - 1) * MIN_FPS;
    this.#networkBytes = Math.max(least, Math.min(NETWORK_DECREASE * used, Math.max(carried, used / 4)));
    this.#changedMs = nowMs;
    this.#step();
  }

  #decreaseService(answeredFps: number, nowMs: number): void {
    const granted = Math.max(answeredFps, this.#fps() * SERVICE_DECREASE);
    if (granted < this.#serviceFps) this.#changedMs = nowMs;
    this.#serviceFps = Math.max(MIN_FPS, Math.min(this.#serviceFps, granted));
  }

  #changes(change: () => void): boolean {
    const before = this.settings;
    change();
    const after = this.settings;
    return (
      before.fps !== after.fps ||
      before.sidePx !== after.sidePx ||
      before.widthPx !== after.widthPx ||
      before.quality !== after.quality
    );
  }

  /** Goes on from the place on this ladder that is most like the present one. */
  #climb(rungs: readonly Rung[]): void {
    const { sidePx } = this.#current();
    const bestPx = this.#rungs[0]?.sidePx ?? sidePx;
    const newBestPx = rungs[0]?.sidePx ?? sidePx;
    if (newBestPx === bestPx) return;
    this.#rungs = rungs;
    this.#bestBytes *= (newBestPx / bestPx) ** 2;
    const alike = rungs.findIndex((rung) => rung.sidePx <= sidePx);
    this.#rung = alike < 0 ? rungs.length - 1 : alike;
    if (!this.#isStarting) this.#step();
  }

  /** The best picture that the network carries often enough to be useful. */
  #step(): void {
    const wantedFps = Math.min(USEFUL_FPS, this.#serviceFps);
    const fits = (rung: number, room: number) => this.#frameBytes(rung) * wantedFps * room <= this.#networkBytes;
    while (this.#rung < this.#rungs.length - 1 && !fits(this.#rung, 1)) this.#rung += 1;
    while (this.#rung > 0 && fits(this.#rung - 1, STEP_UP_ROOM)) this.#rung -= 1;
    if (this.#rung === 0 && this.#networkBytes > 1.5 * this.#frameBytes(0) * this.#serviceFps) this.#networkBytes = Infinity;
  }

  #fps(): number {
    const fps = Math.min(this.#serviceFps, this.#networkBytes / this.#frameBytes(this.#rung));
    // Half frames are enough: every change is told.
    return Math.max(MIN_FPS, Math.round(fps * 2) / 2);
  }

  #frameBytes(rung: number): number {
    return this.#bestBytes * (this.#rungs[rung]?.weight ?? 1);
  }

  #current(): Rung {
    return this.#rungs[this.#rung] ?? { sidePx: this.#limits.maxWidthPx, quality: 0.8, weight: 1 };
  }

  #windowAt(nowMs: number): Window {
    return (this.#window ??= { ...EMPTY_WINDOW, startMs: nowMs });
  }
}

/** What happened since the last decision. */
interface Window {
  startMs: number;
  /** Frames that were due: those sent and those that could not be. */
  due: number;
  credits: number;
  allowance: number;
  socket: number;
  answers: number;
  bytes: number;
  /** Bytes a second that the network was seen to carry at least. */
  capacity: number;
  /** Answers that tell of the settings in force, and the sums of their times. */
  judged: number;
  networkMs: number;
  serviceMs: number;
  dropped: number;
}
const EMPTY_WINDOW: Window = {
  startMs: 0,
  due: 0,
  credits: 0,
  allowance: 0,
  socket: 0,
  answers: 0,
  bytes: 0,
  capacity: 0,
  judged: 0,
  networkMs: 0,
  serviceMs: 0,
  dropped: 0,
};

/** From the best picture to the smallest that still shows a face at arm's length. */
function ladder(maxSidePx: number): readonly Rung[] {
  const steps = [
    { sidePx: maxSidePx, quality: 0.85 },
    { sidePx: 1280, quality: 0.8 },
    { sidePx: 960, quality: 0.8 },
    { sidePx: 640, quality: 0.75 },
    { sidePx: 480, quality: 0.7 },
    { sidePx: 320, quality: 0.65 },
    { sidePx: 240, quality: 0.55 },
  ];
  const smaller = steps.filter(({ sidePx }, index) => index === 0 || sidePx < maxSidePx);
  // The weights are a first guess: what a frame really takes is learned as frames are sent.
  return smaller.map(({ sidePx, quality }) => ({
    sidePx,
    quality,
    weight: (sidePx / maxSidePx) ** 2 * (1 - 2.2 * (0.85 - quality)),
  }));
}
