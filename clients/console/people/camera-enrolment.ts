// Enrolling somebody who stands in front of this device's camera: looks at the answers of the service, says what to do, and
// takes a picture of each pose when it is a good one. Owns the camera: `close()` lets it go.
import { signal, type Signal } from '@preact/signals';
import type { Person } from '../../http-client.js';
import { CameraStream } from '../../browser/camera-stream.js';
import type { CapturedFrame } from '../../browser/camera-options.js';
import type { FrameResult } from '../../results.js';
import { ownStream } from '../app/own-stream.js';
import { http, SERVICE_URL } from '../app/service.js';
import { adviceOn, heldUp, POSES, type Advice, type HeldUp, type Look } from './guidance.js';
import { keepPerson, people } from './people-store.js';
import { lightOf } from './light.js';
import { conflictOf } from './refusal-text.js';

/** So many good frames one after the other, so that no picture is taken in the middle of a movement. */
const GOOD_FRAMES = 3;
/** After a picture, taken or refused, so long nothing is taken: time to hear what comes next. */
const PAUSE_MS = 900;
const JPEG_QUALITY = 0.93;

export class CameraEnrolment {
  readonly advice = signal<Advice>('no_face');
  /** `blob:` addresses of what was enrolled, in the order of the poses. */
  readonly taken = signal<readonly string[]>([]);
  /** What the service said to the last picture, where it refused it. */
  readonly refusal = signal<unknown>(undefined);
  readonly isSending = signal(false);
  /** Whom the face belongs to rather: nothing more is taken until that is settled. */
  readonly conflict = signal<string | undefined>(undefined);
  /** The advice has stood for so long that the picture may be taken all the same. */
  readonly canTakeAnyway = signal(false);
  /** Whose faces they become. */
  readonly name: Signal<string>;
  readonly video: HTMLVideoElement;
  readonly #camera: CameraStream;
  #person: Person | undefined;
  /** Id of who was created for a picture that is not accepted yet. */
  #created: string | undefined;
  /** The picture that is somebody else's. */
  #disputed: Blob | undefined;
  /** Whom the face resembles without being theirs. */
  #twinOf: readonly string[] = [];
  #held: HeldUp | undefined;
  #good = 0;
  #quietUntilMs = 0;
  #isClosed = false;

  /** @throws CameraError · ConnectionError · ServerError · the signal's reason */
  static async open(name: string, person: Person | undefined, signal: AbortSignal): Promise<CameraEnrolment> {
    const camera = await CameraStream.open({
      url: SERVICE_URL,
      task: 'faces',
      send: 'frames',
      // Nobody comes or leaves: this is no visit to be told of.
      tracking: false,
      maxFps: 12,
      maxWidthPx: 960,
      signal,
      ...ownStream(),
    });
    return new CameraEnrolment(camera, name, person);
  }

  private constructor(camera: CameraStream, name: string, person: Person | undefined) {
    this.#camera = camera;
    this.video = camera.video;
    this.name = signal(name);
    this.#person = person ?? people.value?.find((one) => one.name === name);
    camera.on('result', (result, frame) => this.#onResult(result, frame));
    addEventListener('pagehide', this.#onPageHide);
  }

  get isDone(): boolean {
    return this.taken.value.length >= POSES.length;
  }

  /** The face is theirs: the picture goes to them, and those that follow. */
  async giveTo(person: Person): Promise<void> {
    const picture = this.#disputed;
    this.#person = person;
    this.name.value = person.name;
    this.#settle();
    if (picture) await this.#enrol(picture);
  }

  /** The face is like theirs, but these are two people: the picture is taken all the same, and so are those that follow. */
  async tellApart(other: string): Promise<void> {
    const picture = this.#disputed;
    this.#twinOf = [...this.#twinOf, other];
    this.#settle();
    if (picture) await this.#enrol(picture);
  }

  /** The face was another's, who has gone out of the picture: it is looked for anew. */
  tryAgain(): void {
    this.#settle();
  }

  /** Whatever the advice says. */
  takeAnyway(): void {
    if (!this.isSending.value && this.conflict.value === undefined) void this.#take();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    removeEventListener('pagehide', this.#onPageHide);
    await this.#camera.close();
    for (const url of this.taken.value) URL.revokeObjectURL(url);
  }

  #settle(): void {
    this.conflict.value = undefined;
    this.refusal.value = undefined;
    this.#disputed = undefined;
    this.#good = 0;
  }

  /** The page goes away before the first picture was accepted: its answer would find nobody here to clear up. */
  readonly #onPageHide = (): void => {
    if (this.#created !== undefined) void http.people.remove(this.#created, { keepalive: true }).catch(() => undefined);
  };

  #onResult(result: FrameResult<'faces'>, frame: CapturedFrame | undefined): void {
    const pose = POSES[this.taken.value.length];
    if (result.status !== 'ok' || pose === undefined || this.#isClosed) return;
    const light = frame && result.faces[0] ? lightOf(frame.image, result.faces[0].box) : undefined;
    const look: Look = { faces: result.faces, widthPx: result.width, heightPx: result.height, light };
    const advice = adviceOn(look, pose);
    this.advice.value = advice;
    this.#held = heldUp(this.#held, advice, performance.now());
    this.canTakeAnyway.value = this.#held?.isLong ?? false;
    if (this.conflict.value !== undefined) return;
    this.#good = advice === 'good' ? this.#good + 1 : 0;
    if (this.#good < GOOD_FRAMES || this.isSending.value || performance.now() < this.#quietUntilMs) return;
    this.#good = 0;
    void this.#take();
  }

  async #take(): Promise<void> {
    this.isSending.value = true;
    await this.#enrol(await this.#picture());
  }

  async #enrol(picture: Blob): Promise<void> {
    this.isSending.value = true;
    try {
      const person = await this.#enrolled(picture);
      this.#held = undefined;
      keepPerson(await http.people.get(person.id));
      if (this.#isClosed) return;
      this.refusal.value = undefined;
      this.taken.value = [...this.taken.value, URL.createObjectURL(picture)];
    } catch (error) {
      this.refusal.value = error;
      this.conflict.value = conflictOf(error);
      if (this.conflict.value !== undefined) this.#disputed = picture;
    } finally {
      this.isSending.value = false;
      this.#quietUntilMs = performance.now() + PAUSE_MS;
    }
  }

  /** Somebody new is there for no longer than their first picture needs: refused, they are gone again. */
  async #enrolled(picture: Blob): Promise<Person> {
    if (this.#person) {
      await http.faces.enrol(this.#person.id, picture, { twinOf: this.#twinOf });
      return this.#person;
    }
    const person = await http.people.create({ name: this.name.value });
    this.#created = person.id;
    try {
      await http.faces.enrol(person.id, picture, { twinOf: this.#twinOf });
      this.#person = person;
      return person;
    } catch (error) {
      await http.people.remove(person.id).catch(() => undefined);
      throw error;
    } finally {
      this.#created = undefined;
    }
  }

  /** As the camera gives it: larger than what is sent to be looked at. */
  async #picture(): Promise<Blob> {
    const { videoWidth, videoHeight } = this.video;
    const canvas = new OffscreenCanvas(videoWidth, videoHeight);
    canvas.getContext('2d')?.drawImage(this.video, 0, 0);
    return canvas.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY });
  }
}
