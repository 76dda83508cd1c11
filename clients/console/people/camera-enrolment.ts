// Enrolling somebody who stands in front of this device's camera: looks at the answers of the service, says what to do, and
// takes a picture of each pose when it is a good one. Owns the camera: `close()` lets it go.
import { signal } from '@preact/signals';
import type { Person } from '../../http-client.js';
import { CameraStream } from '../../browser/camera-stream.js';
import type { CapturedFrame } from '../../browser/camera-options.js';
import type { FrameResult } from '../../results.js';
import { http } from '../app/service.js';
import { adviceOn, POSES, type Advice, type Look } from './guidance.js';
import { keepPerson, people } from './people-store.js';
import { lightOf } from './light.js';

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
  readonly video: HTMLVideoElement;
  readonly #camera: CameraStream;
  readonly #name: string;
  #person: Person | undefined;
  #isNew = false;
  #good = 0;
  #quietUntilMs = 0;
  #isClosed = false;

  /** @throws CameraError · ConnectionError · ServerError · the signal's reason */
  static async open(name: string, person: Person | undefined, signal: AbortSignal): Promise<CameraEnrolment> {
    const camera = await CameraStream.open({
      url: location.origin,
      task: 'faces',
      send: 'frames',
      // Nobody comes or leaves: this is no visit to be told of.
      tracking: false,
      maxFps: 12,
      maxWidthPx: 960,
      signal,
    });
    return new CameraEnrolment(camera, name, person);
  }

  private constructor(camera: CameraStream, name: string, person: Person | undefined) {
    this.#camera = camera;
    this.video = camera.video;
    this.#name = name;
    this.#person = person ?? people.value?.find((one) => one.name === name);
    camera.on('result', (result, frame) => this.#onResult(result, frame));
  }

  get isDone(): boolean {
    return this.taken.value.length >= POSES.length;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#camera.close();
    for (const url of this.taken.value) URL.revokeObjectURL(url);
    // Somebody without a face could never be recognised: who was created for nothing goes again.
    if (this.#isNew && this.taken.value.length === 0 && this.#person) await http.people.remove(this.#person.id);
  }

  #onResult(result: FrameResult<'faces'>, frame: CapturedFrame | undefined): void {
    const pose = POSES[this.taken.value.length];
    if (result.status !== 'ok' || pose === undefined || this.#isClosed) return;
    const light = frame && result.faces[0] ? lightOf(frame.image, result.faces[0].box) : undefined;
    const look: Look = { faces: result.faces, widthPx: result.width, heightPx: result.height, light };
    const advice = adviceOn(look, pose);
    this.advice.value = advice;
    this.#good = advice === 'good' ? this.#good + 1 : 0;
    if (this.#good < GOOD_FRAMES || this.isSending.value || performance.now() < this.#quietUntilMs) return;
    this.#good = 0;
    void this.#take();
  }

  async #take(): Promise<void> {
    this.isSending.value = true;
    try {
      const picture = await this.#picture();
      const person = await this.#whom();
      await http.faces.enrol(person.id, picture);
      if (this.#isClosed) return;
      this.refusal.value = undefined;
      this.taken.value = [...this.taken.value, URL.createObjectURL(picture)];
      keepPerson(await http.people.get(person.id));
    } catch (error) {
      this.refusal.value = error;
    } finally {
      this.isSending.value = false;
      this.#quietUntilMs = performance.now() + PAUSE_MS;
    }
  }

  /** As the camera gives it: larger than what is sent to be looked at. */
  async #picture(): Promise<Blob> {
    const { videoWidth, videoHeight } = this.video;
    const canvas = new OffscreenCanvas(videoWidth, videoHeight);
    canvas.getContext('2d')?.drawImage(this.video, 0, 0);
    return canvas.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY });
  }

  async #whom(): Promise<Person> {
    if (!this.#person) {
      this.#person = await http.people.create({ name: this.#name });
      this.#isNew = true;
    }
    return this.#person;
  }
}
