// Which streams' events one connection follows, and after which event of each: one place for every stream that was named and one
// for all others, however many messages asked for them. It reads no events.
import { OnlookerError } from '../../protocol/errors.js';

export const ALL = '*';
/** Streams that one connection may name, or take out of all, before it is refused more. */
const MAX_NAMES = 1024;

/** A set of streams, or all but some. */
export class StreamSet {
  #all = false;
  /** Those that are in it; of all, those that are not. */
  readonly #names = new Set<string>();

  get isEmpty(): boolean {
    return !this.#all && this.#names.size === 0;
  }

  has(stream: string): boolean {
    return this.#all !== this.#names.has(stream);
  }

  /** @throws OnlookerError LIMIT_REACHED */
  add(streams: readonly string[]): void {
    this.#change(streams, true);
  }

  /** @throws OnlookerError LIMIT_REACHED */
  remove(streams: readonly string[]): void {
    this.#change(streams, false);
  }

  #change(streams: readonly string[], isWanted: boolean): void {
    if (streams.includes(ALL)) {
      this.#all = isWanted;
      this.#names.clear();
    } else if (this.#all === isWanted) for (const stream of streams) this.#names.delete(stream);
    else {
      assertRoom(this.#names, streams);
      for (const stream of streams) this.#names.add(stream);
    }
  }
}

interface Followed {
  /** Its events after this id are wanted. */
  after: string;
  /** A client asked for it; else it is followed because this connection feeds it. */
  readonly isAsked: boolean;
}

export class FollowedStreams {
  readonly #named = new Map<string, Followed>();
  #all: { after: string; readonly except: Set<string> } | null = null;
  /** Own streams that are closed: forgotten when all up to an event has been told. In the order of those events. */
  readonly #ending: { readonly stream: string; readonly followed: Followed; readonly upTo: string }[] = [];

  get isEmpty(): boolean {
    return this.#named.size === 0 && this.#all === null;
  }

  /** Those that are named; `*` where others are followed too. */
  names(): typeof ALL | readonly string[] {
    return this.#all === null ? [...this.#named.keys()] : ALL;
  }

  /** The id after which events of this stream are wanted; undefined when none are. */
  after(stream: string): string | undefined {
    return this.#named.get(stream)?.after ?? (this.#all?.except.has(stream) === false ? this.#all.after : undefined);
  }

  /** What was asked for last counts. @throws OnlookerError LIMIT_REACHED */
  add(streams: readonly string[], after: string): void {
    if (streams.includes(ALL)) {
      this.#named.clear();
      this.#all = { after, except: new Set() };
      return;
    }
    assertRoom(this.#named, streams);
    for (const stream of streams) this.#named.set(stream, { after, isAsked: true });
  }

  /** A stream that this connection feeds; one that is followed already goes on as it was. @returns whether it is new */
  addOwn(stream: string, after: string): boolean {
    const followed = this.#named.get(stream);
    // Anew, so that the end of the one before it is not its own.
    if (followed?.isAsked === false) this.#named.set(stream, { ...followed });
    if (this.after(stream) !== undefined) return false;
    this.#named.set(stream, { after, isAsked: false });
    return true;
  }

  /** It is fed no more, and all that is told of it is told up to this event. */
  endOwn(stream: string, upTo: string): void {
    const followed = this.#named.get(stream);
    if (followed?.isAsked === false) this.#ending.push({ stream, followed, upTo });
  }

  /** Everything up to this event has been told. */
  passed(id: string): void {
    for (let first = this.#ending[0]; first !== undefined && first.upTo <= id; first = this.#ending[0]) {
      this.#ending.shift();
      if (this.#named.get(first.stream) === first.followed) this.#named.delete(first.stream);
    }
  }

  /** Nothing up to this event is wanted again, of whatever is followed now. */
  skipTo(id: string): void {
    for (const followed of this.#named.values()) if (followed.after < id) followed.after = id;
    if (this.#all !== null && this.#all.after < id) this.#all.after = id;
  }

  /** @throws OnlookerError LIMIT_REACHED */
  remove(streams: readonly string[]): void {
    if (streams.includes(ALL)) {
      this.#named.clear();
      this.#all = null;
      return;
    }
    if (this.#all !== null) {
      assertRoom(this.#all.except, streams);
      for (const stream of streams) this.#all.except.add(stream);
    }
    for (const stream of streams) this.#named.delete(stream);
  }
}

function assertRoom(names: { readonly size: number; has(name: string): boolean }, streams: readonly string[]): void {
  if (names.size + streams.length <= MAX_NAMES) return;
  const added = new Set(streams.filter((stream) => !names.has(stream)));
  if (names.size + added.size > MAX_NAMES) {
    throw new OnlookerError(
      'LIMIT_REACHED',
      `A connection may name ${MAX_NAMES} streams that it follows or does not; "*" names all.`,
    );
  }
}
