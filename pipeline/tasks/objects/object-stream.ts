// A stream whose objects are followed. Frames are worked on side by side, and count in the order sent.
import { randomUUID } from 'node:crypto';
import type { OnlookerError } from '../../../protocol/errors.js';
import { unixMsOf } from '../../events/unix-time.js';
import type { StreamModel } from '../../served/stream-model.js';
import type { StreamOptions } from '../../streams/stream-options.js';
import type { TaskFrame, TaskStream } from '../../streams/task.js';
import type { ObjectAnswer, ObjectFrame } from './object-frame.js';
import type { FoundObject } from './object-items.js';
import { isWanted, objectFound, type ObjectRule } from './object-rule.js';
import { ObjectTracks, type ObjectTrackEvent } from './object-tracks.js';

export class ObjectStream implements TaskStream {
  readonly #tracking: NonNullable<StreamOptions['tracking']>;
  readonly #model: StreamModel;
  readonly #rule: ObjectRule;
  readonly #next: () => ObjectFrame;
  readonly #tracks: ObjectTracks;
  /** Id of the model that answered last. */
  #answeredBy = '';
  /** The last frame that was begun has counted, or never will. */
  #last: Promise<void> = Promise.resolve();

  /** @param next a frame that is judged by itself */
  constructor(tracking: NonNullable<StreamOptions['tracking']>, model: StreamModel, rule: ObjectRule, next: () => ObjectFrame) {
    this.#tracking = tracking;
    this.#model = model;
    this.#rule = rule;
    this.#next = next;
    const newId = (): string => randomUUID();
    this.#tracks = new ObjectTracks({ stream: tracking.stream, threshold: rule.threshold, newId });
  }

  begin(atMs: number): TaskFrame {
    const frame = this.#next();
    const before = this.#last;
    let done: () => void = () => undefined;
    this.#last = new Promise((resolve) => (done = resolve));
    const counted: TaskFrame<readonly FoundObject[]> = {
      ...frame,
      answer: async (worked) => {
        await before;
        const answer = this.#follow(frame, worked.result, atMs);
        frame.abandon();
        done();
        return answer;
      },
      abandon: () => {
        frame.abandon();
        done();
      },
    };
    return counted;
  }

  beginUnseen(): null {
    return null;
  }

  unavailable(): OnlookerError | null {
    return this.#model.unavailable();
  }

  tick(): void {
    this.#tracks.tick(performance.now(), this.#answeredBy);
    this.#tell();
  }

  async end(): Promise<void> {
    await this.#last;
    this.#tracks.end(performance.now(), this.#answeredBy);
    this.#tell();
    this.#model.end();
  }

  #follow({ served: { id, classes } }: ObjectFrame, found: readonly FoundObject[], atMs: number): ObjectAnswer {
    this.#answeredBy = id;
    const wanted = found.filter(({ classIndex }) => isWanted(this.#rule, classes[classIndex] ?? ''));
    const sights = this.#tracks.see(wanted, classes, atMs, id);
    this.#tell();
    // What is weak now is told all the same while it is followed: boxes that come and go with each frame help nobody.
    const objects = wanted.flatMap((object, index) => {
      const sight = sights[index] ?? null;
      if (sight === null || (sight.track === null && object.score < this.#rule.threshold)) return [];
      return [objectFound({ ...object, classIndex: sight.classIndex }, classes, sight.track)];
    });
    return { objects: objects.slice(0, this.#rule.most), model: id };
  }

  #tell(): void {
    const events = this.#tracks.takeEvents();
    if (events.length > 0) this.#tracking.onEvents(events.map(byWallClock));
  }
}

function byWallClock({ before, ...event }: ObjectTrackEvent): ObjectTrackEvent {
  return {
    ...event,
    ts: unixMsOf(event.ts),
    first_ts: unixMsOf(event.first_ts),
    last_ts: unixMsOf(event.last_ts),
    ...(before === undefined ? {} : { before: { ...before, ts: unixMsOf(before.ts) } }),
  };
}
