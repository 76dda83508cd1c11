// Bodies of requests while they come: each is counted in the common bound before anything of it is kept, and copied into one piece
// of memory where its length is announced. What was let go of unfinished is collected: it would stay for as long as nobody asks.
import { DroppedMemory } from '../../pipeline/threads/collect-garbage.js';
import { runningMs } from '../../pipeline/threads/running-time.js';
import { OnlookerError } from '../../protocol/errors.js';
import { giveBackMemory } from './give-back.js';
import type { UnfinishedBytes, UnfinishedShare } from './unfinished-bytes.js';

/** Bodies alone do not fill the common bound: WebSocket messages always find room beside them. */
const PART_OF_BODIES = 0.75;
/** Whoever sends nothing for so long gives way where there is no room. */
const STALLED_MS = 3000;
const SMALL_BYTES = 64 * 1024;

export class UnfinishedBodies {
  readonly #unfinished: UnfinishedBytes;
  readonly #limitBytes: number;
  readonly #nowMs: () => number;
  readonly #dropped = new DroppedMemory();
  /** The one that has sent nothing for longest comes first. */
  readonly #open = new Map<IncomingBody, number>();
  #bytes = 0;

  constructor(unfinished: UnfinishedBytes, nowMs: () => number = runningMs) {
    this.#unfinished = unfinished;
    this.#limitBytes = unfinished.limitBytes * PART_OF_BODIES;
    this.#nowMs = nowMs;
  }

  /**
   * @param announcedBytes its length; 0 where that is not known
   * @param onGivenUp called when it has stalled and gives way to others
   * @throws OnlookerError OVERLOADED where there is no room for it
   */
  begin(announcedBytes: number, onGivenUp: (error: OnlookerError) => void): IncomingBody {
    const body: IncomingBody = new IncomingBody(announcedBytes, this.#unfinished.share(), {
      reserve: (bytes) => this.#reserve(body, bytes),
      seen: () => {
        this.#open.delete(body);
        this.#open.set(body, this.#nowMs());
      },
      closed: (bytes, isDropped) => {
        this.#open.delete(body);
        this.#bytes -= bytes;
        if (isDropped && bytes > SMALL_BYTES) {
          this.#dropped.add(bytes);
          giveBackMemory();
        }
      },
      givenUp: () => onGivenUp(this.#overloaded()),
    });
    body.begin();
    return body;
  }

  #reserve(body: IncomingBody, bytes: number): void {
    while (this.#bytes + bytes > this.#limitBytes || !body.share.grow(bytes)) {
      const [stalest] = this.#open;
      if (stalest === undefined || stalest[0] === body || this.#nowMs() - stalest[1] < STALLED_MS) throw this.#overloaded();
      stalest[0].giveUp();
    }
    this.#bytes += bytes;
  }

  /** By the time that is told, others are complete or give way. */
  #overloaded(): OnlookerError {
    const [lastSeenMs = -Infinity] = this.#open.values();
    const retryAfterMs = Math.max(1000, lastSeenMs + STALLED_MS - this.#nowMs());
    return new OnlookerError('OVERLOADED', 'Unfinished requests hold all the memory that there is for them.', undefined, {
      retryAfterMs,
    });
  }
}

interface Keeper {
  /** @throws OnlookerError OVERLOADED */
  reserve(bytes: number): void;
  seen(): void;
  closed(bytes: number, isDropped: boolean): void;
  givenUp(): void;
}

/** One body; after `finish` or `drop` nothing is kept of it here. */
export class IncomingBody {
  readonly share: UnfinishedShare;
  readonly #announcedBytes: number;
  readonly #keeper: Keeper;
  #whole: Buffer | null = null;
  /** Where no length is announced. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isClosed = false;

  constructor(announcedBytes: number, share: UnfinishedShare, keeper: Keeper) {
    this.#announcedBytes = announcedBytes;
    this.share = share;
    this.#keeper = keeper;
  }

  begin(): void {
    this.#keeper.reserve(this.#announcedBytes);
    // Memory that nothing was written to yet is not taken from the system.
    if (this.#announcedBytes > 0) this.#whole = Buffer.allocUnsafeSlow(this.#announcedBytes);
    this.#keeper.seen();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param chunk valid during this call alone @throws OnlookerError OVERLOADED, BAD_MESSAGE where more comes than was announced */
  take(chunk: ArrayBuffer): void {
    if (this.#isClosed) return;
    const bytes = chunk.byteLength;
    if (this.#whole === null) {
      this.#keeper.reserve(bytes);
      this.#pieces.push(new Uint8Array(chunk.slice(0)));
    } else {
      if (this.#bytes + bytes > this.#whole.length) throw new OnlookerError('BAD_MESSAGE', 'The body is longer than announced.');
      this.#whole.set(new Uint8Array(chunk), this.#bytes);
    }
    this.#bytes += bytes;
    this.#keeper.seen();
  }

  /** The whole of it, which from now on is counted by whoever takes it. */
  finish(): Uint8Array {
    if (this.#isClosed) return new Uint8Array(0);
    const whole = this.#whole?.subarray(0, this.#bytes) ?? joined(this.#pieces, this.#bytes);
    this.#close(false);
    return whole;
  }

  drop(): void {
    this.#close(true);
  }

  giveUp(): void {
    this.drop();
    this.#keeper.givenUp();
  }

  #close(isDropped: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { bytes } = this.share;
    this.share.release();
    this.#whole = null;
    this.#pieces = [];
    this.#keeper.closed(bytes, isDropped);
  }
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  return Buffer.concat(pieces, bytes);
}
