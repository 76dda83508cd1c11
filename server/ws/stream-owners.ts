// Who feeds a stream id: a connection, or a registered camera. Among connections the newest takes over, since a camera
// that died half-open must be able to come back at once; a registered camera gives its id to nobody.
import { OnlookerError } from '../../protocol/errors.js';

export interface StreamOwner {
  /** Whether others may take its streams over. */
  readonly yields: boolean;
  /** Told that another one feeds the stream now. */
  takenOver(stream: string): void;
}

export class StreamOwners {
  readonly #owners = new Map<string, StreamOwner>();

  /** @throws OnlookerError STREAM_EXISTS for the stream of a registered camera */
  assertFree(stream: string): void {
    if (this.#owners.get(stream)?.yields === false) {
      throw new OnlookerError('STREAM_EXISTS', 'A registered camera has this id.');
    }
  }

  /** @throws OnlookerError as `assertFree` */
  claim(stream: string, owner: StreamOwner): void {
    this.assertFree(stream);
    const before = this.#owners.get(stream);
    this.#owners.set(stream, owner);
    before?.takenOver(stream);
  }

  /** Forgets the stream, unless it is somebody else's by now. */
  release(stream: string, owner: StreamOwner): void {
    if (this.#owners.get(stream) === owner) this.#owners.delete(stream);
  }
}
