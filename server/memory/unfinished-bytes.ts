// The one count of bytes that came and cannot be worked on yet: bodies of HTTP requests and WebSocket messages whose end is
// still to come, and small messages that wait for their turn. What does not fit is refused before it is kept.

/** What one request or connection holds of the common bound. */
export class UnfinishedShare {
  readonly #total: UnfinishedBytes;
  #bytes = 0;

  constructor(total: UnfinishedBytes) {
    this.#total = total;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns false where it would be more than all may hold together; nothing is counted then */
  grow(bytes: number): boolean {
    if (this.#total.heldBytes + bytes > this.#total.limitBytes) return false;
    this.set(this.#bytes + bytes);
    return true;
  }

  /** Counts so many, whatever the bound: for what is found to be held already. */
  set(bytes: number): void {
    // One that is none would switch the bound off for good.
    if (!Number.isFinite(bytes)) throw new RangeError('not a number of bytes');
    this.#total.heldBytes += bytes - this.#bytes;
    this.#bytes = bytes;
  }

  shrink(bytes: number): void {
    this.set(this.#bytes - bytes);
  }

  /** To be called when nothing is held any more; may be called again. */
  release(): void {
    this.set(0);
  }
}

export class UnfinishedBytes {
  readonly limitBytes: number;
  /** What all hold together; shares alone change it. */
  heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  share(): UnfinishedShare {
    return new UnfinishedShare(this);
  }
}
