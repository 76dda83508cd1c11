// The cameras of a benchmark, in a process of their own. Questions go one after the other, whoever asks.
import { Child } from '../child.js';
import type { CameraQuestion, CameraReport } from './camera-protocol.js';
import type { FilmSettings } from './film.js';

export class CameraWall {
  readonly #child = new Child<CameraQuestion, CameraReport>(new URL('camera-process.js', import.meta.url));
  #last: Promise<unknown> = Promise.resolve();

  /** @throws Error when ffmpeg cannot make it */
  async record(film: string, settings: FilmSettings): Promise<void> {
    await this.#ask({ kind: 'film', film, settings });
  }

  /** A camera that shows a film again and again, to each viewer from its start. @returns its address */
  async start(camera: string, film: string): Promise<string> {
    return (await this.#ask({ kind: 'start', camera, film })).url;
  }

  report(camera: string): Promise<CameraReport> {
    return this.#ask({ kind: 'report', camera });
  }

  async drop(camera: string): Promise<void> {
    await this.#ask({ kind: 'drop', camera });
  }

  async outage(camera: string, forMs: number): Promise<void> {
    await this.#ask({ kind: 'outage', camera, forMs });
  }

  async stop(camera: string): Promise<void> {
    await this.#ask({ kind: 'stop', camera });
  }

  close(): Promise<void> {
    return this.#child.close();
  }

  #ask(question: CameraQuestion): Promise<CameraReport> {
    const answer = this.#last.then(() => this.#child.ask(question));
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}
