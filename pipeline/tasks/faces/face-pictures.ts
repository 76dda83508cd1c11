// Pictures of followed faces on their way to JPEG. Nothing that is recognised waits for them: whoever shows a picture holds it
// while it is being encoded, and does without where that fails, takes too long, or too many are under way already.
import { cutFace, type FaceCut } from './face-picture.js';
import type { FrameView } from '../../images/frame-view.js';
import type { FoundFace } from './face-items.js';

export interface FacePicture {
  /** Null before it is encoded, and for ever where it could not be. */
  readonly jpeg: Uint8Array | null;
  /** Whether `jpeg` will not change any more. */
  readonly isSettled: boolean;
  /** Resolves when it is settled, soon; never rejects. */
  readonly settled: Promise<void>;
}

/** Pixels that may wait for the encoder: some hundred faces as cameras have them. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Encoding takes a few ms; an event that comes so late without its picture is worth more than one that never comes. */
const PATIENCE_MS = 5_000;

export class FacePictures {
  #waitingBytes = 0;

  /** @param encode how a picture becomes JPEG; may fail */
  constructor(private readonly encode: (cut: FaceCut) => Promise<Uint8Array> = (cut) => cut.toJpeg()) {}

  /** Copies a face out of a frame and begins to encode it. @returns null while too many are being encoded */
  take(view: FrameView, face: FoundFace): FacePicture | null {
    if (this.#waitingBytes >= MAX_WAITING_BYTES) return null;
    const cut = cutFace(view, face);
    this.#waitingBytes += cut.bytes;
    const encoded = this.encode(cut).then(
      (jpeg) => jpeg,
      () => null,
    );
    void encoded.then(() => (this.#waitingBytes -= cut.bytes));
    return pictureOf(encoded);
  }
}

/** Whether it was to be encoded and cannot be shown. */
export const hasFailed = ({ jpeg, isSettled }: FacePicture): boolean => isSettled && jpeg === null;

function pictureOf(encoded: Promise<Uint8Array | null>): FacePicture {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => (late = setTimeout(() => resolve(null), PATIENCE_MS)));
  const settled = Promise.race([encoded, tooLate]).then((jpeg) => {
    clearTimeout(late);
    picture.jpeg = jpeg;
    picture.isSettled = true;
  });
  const picture: { -readonly [Field in keyof FacePicture]: FacePicture[Field] } = { jpeg: null, isSettled: false, settled };
  return picture;
}
