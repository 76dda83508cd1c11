// The account of one `onlooker send`: how many frames went which way, and who was seen how often.
import type { Candidate } from '../../protocol/payloads.js';
import { ServerError } from '../errors.js';
import type { FrameAnswer } from './frame-rows.js';
import { shown } from '../terminal/table.js';

export class Tally {
  #ok = 0;
  #dropped = 0;
  #errors = 0;
  #lost = 0;
  #failedFiles = 0;
  #skipped = 0;
  /** Null while no frame was asked about faces. */
  #faces: number | null = null;
  /** Null while no frame was asked about objects. */
  #objects: number | null = null;
  readonly #named = new Map<string, { readonly name: string; frames: number }>();
  readonly #startMs = performance.now();

  get frames(): number {
    return this.#ok + this.#dropped + this.#errors + this.#lost;
  }
  get hasFailures(): boolean {
    return this.#dropped + this.#errors + this.#lost + this.#failedFiles > 0;
  }

  /** Counts a frame; without a result it was refused unsent, or lost. */
  add({ result, error }: FrameAnswer): void {
    if (error instanceof ServerError) this.#errors += 1;
    else if (!result) this.#lost += 1;
    else if (result.status === 'dropped') this.#dropped += 1;
    else if (result.status === 'error') this.#errors += 1;
    else {
      this.#ok += 1;
      if ('objects' in result) this.#objects = (this.#objects ?? 0) + result.objects.length;
      if ('faces' in result) {
        this.#faces = (this.#faces ?? 0) + result.faces.length;
        for (const face of result.faces) if ('person' in face && face.person) this.#addNamed(face.person);
      }
    }
  }
  /** A file that could not be read. */
  addFailure(): void {
    this.#failedFiles += 1;
  }
  /** A frame that was passed over for a newer one, and never sent. */
  addSkipped(): void {
    this.#skipped += 1;
  }

  /** One line, e.g. `250 frames, 250 ok · 248 faces, Franck in 240 · 96.2 frames/s`. */
  summary(): string {
    const perSecond = this.frames / ((performance.now() - this.#startMs) / 1000);
    const counts = [
      [this.#dropped, 'dropped'],
      [this.#errors, 'refused'],
      [this.#lost, 'lost'],
      [this.#skipped, 'skipped'],
      [this.#failedFiles, 'unreadable'],
    ] as const;
    const troubles = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
    const people = [...this.#named.values()].sort((a, b) => b.frames - a.frames).slice(0, 5);
    const named = people.map(({ name, frames }) => `${shown(name)} in ${frames}`);
    return [
      [`${this.frames} frame${this.frames === 1 ? '' : 's'}: ${this.#ok} ok`, ...troubles].join(', '),
      ...(this.#faces === null ? [] : [[`${this.#faces} face${this.#faces === 1 ? '' : 's'}`, ...named].join(', ')]),
      ...(this.#objects === null ? [] : [`${this.#objects} object${this.#objects === 1 ? '' : 's'}`]),
      `${perSecond.toFixed(1)} frames/s`,
    ].join(' · ');
  }

  #addNamed({ id, name }: Candidate): void {
    const known = this.#named.get(id) ?? { name, frames: 0 };
    known.frames += 1;
    this.#named.set(id, known);
  }
}
