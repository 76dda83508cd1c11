// How much to send: decides rate, width and quality from how answers come back. Additive increase, multiplicative decrease
// (Chiu and Jain 1989), of two budgets: bytes a second for the network, frames a second for the service. A smaller picture
// comes before a slower one. Pure: time is passed in, nothing is measured here, nothing is sent.

export interface CaptureSettings {
  /** Frames a second. */
  readonly fps: number;
  readonly widthPx: number;
  /** 0..1, of the JPEG. */
  readonly quality: number;
}
/** What keeps the picture from being as good and as frequent as it may be. */
export type LimitedBy = 'nothing' | 'service' | 'network';

export interface AdaptationLimits {
  readonly maxFps: number;
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
  readonly widthPx: number;
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
/** The fastest way seen is forgotten so slowly, a second: a network that became longer is not congested for ever. */
const BASE_DRIFT_MS = 2;
const BYTES_PER_PIXEL_GUESS = 0.12;

export class Adaptation {
  readonly #limits: AdaptationLimits;
  readonly #rungs: readonly Rung[];
  #rung = 0;
  #serviceFps: number;
  /** Bytes a second; infinite until the network has shown a limit. */
  #networkBytes = Infinity;
  /** Bytes of a frame of the best rung, learned. */
  #bestBytes: number;
  #baseMs = Infinity;
  /** What is told by frames sent before the last decrease is known already. */
  #changedMs = -Infinity;
  #window: Window | undefined;

  constructor(limits: AdaptationLimits) {
    this.#limits = limits;
    this.#rungs = ladder(limits.maxWidthPx);
    this.#serviceFps = limits.maxFps;
    this.#bestBytes = limits.maxWidthPx ** 2 * 0.5625 * BYTES_PER_PIXEL_GUESS;
  }

  get settings(): CaptureSettings {
    const { widthPx, quality } = this.#current();
    return { fps: this.#fps(), widthPx, quality };
  }

  get limitedBy(): LimitedBy {
    const byNetwork = this.#rung > 0 || this.#networkBytes / this.#frameBytes(this.#rung) < this.#serviceFps;
    if (byNetwork) return 'network';
    return this.#serviceFps < this.#limits.maxFps ? 'service' : 'nothing';
  }

  /** How many frames may be under way: all of the credits, or fewer where they would only wait in the network. */
  mayBeUnanswered(credits: number): number {
    if (this.limitedBy !== 'network') return credits;
    return Math.min(credits, Math.max(1, Math.floor((this.#fps() * this.#limits.targetMs) / 1000)));
  }

  /** A frame was due and could not be sent: all credits were out, or the socket had not sent the last one yet. */
  blocked(nowMs: number, by: 'credits' | 'socket'): void {
    const window = this.#windowAt(nowMs);
    window.due += 1;
    window[by] += 1;
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
    window.answers += 1;
    window.bytes += bytes;
    if (sentMs >= this.#changedMs) {
      const networkMs = Math.max(0, nowMs - sentMs - serviceMs);
      this.#baseMs = Math.min(this.#baseMs, networkMs);
      window.judged += 1;
      window.networkMs += networkMs;
      window.serviceMs += serviceMs;
      window.dropped += isDropped ? 1 : 0;
    }
    const lastedMs = nowMs - window.startMs;
    if (lastedMs < WINDOW_MS || (window.answers < WINDOW_ANSWERS && lastedMs < 4 * WINDOW_MS)) return false;
    this.#window = undefined;
    this.#baseMs += (BASE_DRIFT_MS * lastedMs) / 1000;
    const before = this.settings;
    this.#judge(window, nowMs);
    const after = this.settings;
    return before.fps !== after.fps || before.widthPx !== after.widthPx || before.quality !== after.quality;
  }

  /** The connection is another one: what was under way says nothing of it, and its way may be longer or shorter. */
  reconnected(nowMs: number): void {
    this.#window = undefined;
    this.#baseMs = Infinity;
    this.#changedMs = nowMs;
  }

  #judge(window: Window, nowMs: number): void {
    const { targetMs, maxFps } = this.#limits;
    const seconds = (nowMs - window.startMs) / 1000;
    const waitingMs = window.judged === 0 ? 0 : window.networkMs / window.judged - this.#baseMs;
    const serviceMs = window.judged === 0 ? 0 : window.serviceMs / window.judged;
    const answeredFps = window.answers / seconds;

    if (window.socket > window.due / 4 || (waitingMs > targetMs / 2 && waitingMs > serviceMs / 2)) {
      const carried = window.bytes / seconds;
      const used = Math.min(this.#networkBytes, this.#frameBytes(this.#rung) * this.#fps());
      this.#networkBytes = Math.max(
        this.#frameBytes(this.#rungs.length - 1) * MIN_FPS,
        Math.min(used * NETWORK_DECREASE, Math.max(carried, used * 0.25)),
      );
      this.#changedMs = nowMs;
    } else if (window.dropped > 0 || serviceMs > targetMs || window.credits > window.due / 2) {
      const granted = Math.max(answeredFps, this.#fps() * SERVICE_DECREASE);
      if (granted < this.#serviceFps) this.#changedMs = nowMs;
      this.#serviceFps = Math.max(MIN_FPS, Math.min(this.#serviceFps, granted));
    } else if (window.judged > 0) {
      // Whichever holds back gets one more frame a second: the network first, since its picture is the worse one.
      if (this.limitedBy === 'network') this.#networkBytes += this.#frameBytes(this.#rung);
      else this.#serviceFps = Math.min(maxFps, this.#serviceFps + 1);
    }
    this.#step();
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
    return this.#rungs[this.#rung] ?? { widthPx: this.#limits.maxWidthPx, quality: 0.8, weight: 1 };
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
  socket: number;
  answers: number;
  bytes: number;
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
  socket: 0,
  answers: 0,
  bytes: 0,
  judged: 0,
  networkMs: 0,
  serviceMs: 0,
  dropped: 0,
};

/** From the best picture to the smallest that still shows a face at arm's length. */
function ladder(maxWidthPx: number): readonly Rung[] {
  const steps = [
    { widthPx: maxWidthPx, quality: 0.85 },
    { widthPx: 1280, quality: 0.8 },
    { widthPx: 960, quality: 0.8 },
    { widthPx: 640, quality: 0.75 },
    { widthPx: 480, quality: 0.7 },
    { widthPx: 320, quality: 0.65 },
    { widthPx: 240, quality: 0.55 },
  ];
  const smaller = steps.filter(({ widthPx }, index) => index === 0 || widthPx < maxWidthPx);
  // The weights are a first guess: what a frame really takes is learned as frames are sent.
  return smaller.map(({ widthPx, quality }) => ({
    widthPx,
    quality,
    weight: (widthPx / maxWidthPx) ** 2 * (1 - 2.2 * (0.85 - quality)),
  }));
}
