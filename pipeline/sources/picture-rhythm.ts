// How far a camera's pictures come apart, learned from it: what is silence for one is the rule for another that sends a picture
// every ten seconds, and such a one would otherwise be taken for lost between any two.
import { STREAM_FPS_DEFAULT } from '../../protocol/streams.js';
import type { SourceSettings, SourceTimings } from './source-settings.js';

/** The furthest of so many distances counts: some cameras send each picture twice, and after a pause this is soon forgotten. */
const LOOKED_AT = 4;
/** Whatever was learned: a camera that is gone is noticed within this, and then given up. */
const MOST_GAP_MS = 60_000;
/** One that falls silent after so few pictures may only be slow. */
const FEW_PICTURES = 2;

export class PictureRhythm {
  readonly #leastMs: number;
  readonly #keyFramesOnly: boolean;
  readonly #timings: Pick<SourceTimings, 'stallMs' | 'giveUpMs' | 'keyFrameMs'>;
  #lastApartMs: readonly number[] = [];
  #furthestApartMs = 0;
  /** For cameras that were given up before their second picture: doubled each time. */
  #patienceMs = 0;

  constructor(
    { fps = STREAM_FPS_DEFAULT, keyFramesOnly = false }: Pick<SourceSettings, 'fps' | 'keyFramesOnly'>,
    timings: Pick<SourceTimings, 'stallMs' | 'giveUpMs' | 'keyFrameMs'>,
  ) {
    this.#leastMs = Math.max(timings.stallMs, 3000 / fps);
    this.#keyFramesOnly = keyFramesOnly;
    this.#timings = timings;
  }

  /** So far its pictures may be apart before it counts as stalled. */
  get gapMs(): number {
    const { stallMs, keyFrameMs } = this.#timings;
    // Where it was not seen yet how far key frames are apart: most cameras send one within ten seconds.
    if (this.#keyFramesOnly) return Math.max(this.#leastMs, 4 * stallMs, Math.min(keyFrameMs, 1.5 * this.#furthestApartMs));
    const usualMs = 1.5 * Math.max(0, ...this.#lastApartMs);
    return Math.max(this.#leastMs, Math.min(MOST_GAP_MS, Math.max(usualMs, this.#patienceMs)));
  }

  /** Two pictures came so far apart, on one connection. */
  saw(apartMs: number): void {
    this.#lastApartMs = [...this.#lastApartMs, apartMs].slice(-LOOKED_AT);
    this.#furthestApartMs = Math.max(this.#furthestApartMs, apartMs);
    if (this.#lastApartMs.length === LOOKED_AT) this.#patienceMs = 0;
  }

  /** It was given up because nothing more came. @param pictures that it had sent until then */
  fellSilent(pictures: number): void {
    if (pictures === 0 || pictures > FEW_PICTURES) return;
    this.#lastApartMs = [];
    this.#patienceMs = 2 * (this.gapMs + this.#timings.giveUpMs);
  }
}
