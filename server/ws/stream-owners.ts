// Who feeds a stream id: a connection, or a registered camera. Among connections the newest takes over, since a camera
// that died half-open must be able to come back at once, but only from one of the same owner, or by an administrator; a registered
// camera gives its id to nobody.
import { isAdmin, type Principal } from '../access/principal.js';
import { OnlookerError } from '../../protocol/errors.js';

export interface StreamOwner {
  /** Whose streams these are; null for those that nobody may take over. */
  readonly principal: Pick<Principal, 'id' | 'roles'> | null;
  /** Told that another one feeds the stream now. */
  takenOver(stream: string): void;
}

export class StreamOwners {
  readonly #owners = new Map<string, StreamOwner>();

  /** @throws OnlookerError STREAM_EXISTS for the stream of a registered camera, or of somebody else */
  assertFree(stream: string, owner: Pick<StreamOwner, 'principal'>): void {
    const before = this.#owners.get(stream);
    if (before === undefined) return;
    if (before.principal === null) throw new OnlookerError('STREAM_EXISTS', 'A registered camera has this id.');
    const { principal } = owner;
    if (principal === null || isAdmin(principal) || principal.id === before.principal.id) return;
    throw new OnlookerError('STREAM_EXISTS', 'The stream of this id is fed with another key.');
  }

  /** @throws OnlookerError as `assertFree` */
  claim(stream: string, owner: StreamOwner): void {
    this.assertFree(stream, owner);
    const before = this.#owners.get(stream);
    this.#owners.set(stream, owner);
    before?.takenOver(stream);
  }

  /** Forgets the stream, unless it is somebody else's by now. */
  release(stream: string, owner: StreamOwner): void {
    if (this.#owners.get(stream) === owner) this.#owners.delete(stream);
  }
}
