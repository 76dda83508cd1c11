// What one stream of the load generator notes of a measurement, from mark to stop.
import type { ResultMessage } from '../../protocol/messages.js';
import type { Timing } from '../../protocol/payloads.js';
import type { AnsweredFrames, StreamReport } from './load-protocol.js';

export const TIMED_STAGES = ['decode', 'preprocess', 'queue', 'infer', 'match', 'total'] as const satisfies (keyof Timing)[];

export class LoadBook {
  #answered = nothingAnswered();
  #lost: Record<string, number> = {};
  #okWhileMeasured = 0;
  #fromMs = -Infinity;
  #untilMs = Infinity;

  mark(nowMs: number): void {
    this.#answered = nothingAnswered();
    this.#lost = {};
    this.#okWhileMeasured = 0;
    this.#fromMs = nowMs;
  }

  stop(nowMs: number): void {
    this.#untilMs = nowMs;
  }

  note(result: ResultMessage, dueMs: number, nowMs: number): void {
    if (result.status === 'ok' && nowMs >= this.#fromMs && nowMs < this.#untilMs) this.#okWhileMeasured++;
    // A frame counts by when it was due: one that was stuck beyond the end is not left out.
    if (dueMs < this.#fromMs || dueMs >= this.#untilMs) return;
    if (result.status !== 'ok') {
      const why = result.status === 'dropped' ? result.reason : result.code;
      this.#lost[why] = (this.#lost[why] ?? 0) + 1;
      return;
    }
    const { dueMs: due, latencyMs, faces, named, timing } = this.#answered;
    due.push(toMicros(dueMs - this.#fromMs));
    latencyMs.push(toMicros(nowMs - dueMs));
    const found = 'faces' in result ? result.faces : [];
    faces.push(found.length);
    named.push(found.filter((face) => 'person' in face && face.person !== null).length);
    for (const stage of TIMED_STAGES) timing[stage].push(result.timing[stage]);
  }

  get figures(): Pick<StreamReport, 'answered' | 'lost' | 'okWhileMeasured'> {
    return { answered: this.#answered, lost: this.#lost, okWhileMeasured: this.#okWhileMeasured };
  }
}

function nothingAnswered(): AnsweredFrames {
  return {
    dueMs: [],
    latencyMs: [],
    faces: [],
    named: [],
    timing: { decode: [], preprocess: [], queue: [], infer: [], match: [], total: [] },
  };
}

/** Whole microseconds: what is sent to the parent is text. */
function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
