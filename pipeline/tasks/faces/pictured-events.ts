// Events on their way from the tracks of a stream to who is told of them: in order, each once its picture is encoded. Those
// without a picture go at once, unless others wait before them. Whoever owns it waits for `settled` at the end.
import type { FaceEvent } from '../../../protocol/events.js';
import type { ToldEvent } from './tracking/event-teller.js';
import { unixMsOf } from '../../events/unix-time.js';

/** Of more the first go on without their pictures. */
const MAX_WAITING = 256;

export class PicturedEvents {
  #waiting: ToldEvent[] = [];
  #handingOn: Promise<void> | null = null;

  /** @param onEvents must not throw */
  constructor(private readonly onEvents: (events: readonly FaceEvent[]) => void) {}

  add(events: readonly ToldEvent[]): void {
    this.#waiting.push(...events);
    this.#handOnSettled();
    if (this.#waiting.length > 0) this.#handingOn ??= this.#handOn();
  }

  /** Pictures of people who were deleted are not told of any more: those of every track that an event here names as theirs. */
  forgetPeople(isKnown: (id: string) => boolean): void {
    const isGone = (person: { readonly id: string } | null = null): boolean => person !== null && !isKnown(person.id);
    const theirs = new Set(
      this.#waiting.filter(({ person, before }) => isGone(person) || isGone(before?.person)).map(({ track }) => track),
    );
    if (theirs.size > 0) this.#waiting = this.#waiting.map((event) => (theirs.has(event.track) ? withoutLook(event) : event));
  }

  /** Resolves when none waits any more. */
  async settled(): Promise<void> {
    await this.#handingOn;
  }

  async #handOn(): Promise<void> {
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      await first.thumbnail?.settled;
      this.#handOnSettled();
    }
    this.#handingOn = null;
  }

  #handOnSettled(): void {
    const waits = ({ thumbnail }: ToldEvent): boolean => thumbnail?.isSettled === false;
    const firstWaiting = this.#waiting.findIndex(waits);
    const settled = firstWaiting === -1 ? this.#waiting.length : firstWaiting;
    const count = Math.max(settled, this.#waiting.length - MAX_WAITING);
    if (count > 0) this.onEvents(this.#waiting.splice(0, count).map(toldNow));
  }
}

/** Neither what they look like nor what they were taken for. */
const withoutLook = ({ thumbnail: _thumbnail, attributes: _attributes, ...event }: ToldEvent): ToldEvent => event;

/** Tracks go by the clock that never steps; what is told of them, by the wall's. */
function toldNow({ thumbnail, ...event }: ToldEvent): FaceEvent {
  const { ts, first_ts, last_ts, before } = event;
  return {
    ...event,
    ts: unixMsOf(ts),
    first_ts: unixMsOf(first_ts),
    last_ts: unixMsOf(last_ts),
    ...(before !== undefined && { before: { ...before, ts: unixMsOf(before.ts) } }),
    ...(thumbnail?.jpeg && { thumbnail: thumbnail.jpeg }),
  };
}
