// A service that watches the cameras of a benchmark: knows one of the two men, and has its streams added and taken away.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient, type HttpClient } from '../../clients/http-client.js';
import { fixture } from '../../test/fixtures.js';
import { until, type RunningService } from '../../test/server/support/service.js';
import type { Stage } from '../stage.js';
import type { CameraWall } from './camera-wall.js';

/** Stills of the man in the film, none of them a frame of the part that is shown. */
const STILLS = ['franck_01829.jpg', 'franck_02045.jpg', 'franck_02683.jpg'];
/** Cameras do not start together: so they do not show the same at the same time. */
const BETWEEN_STARTS_MS = 370;

export class Guard {
  readonly service: RunningService;
  readonly #stage: Stage;
  readonly #wall: CameraWall;
  readonly #http: HttpClient;
  readonly #cameras: string[] = [];

  private constructor(stage: Stage, wall: CameraWall, service: RunningService) {
    this.service = service;
    this.#stage = stage;
    this.#wall = wall;
    this.#http = createHttpClient(service.url);
  }

  /** @param settings of the service by their environment names */
  static async start(stage: Stage, wall: CameraWall, settings: Readonly<Record<string, string>>): Promise<Guard> {
    const guard = new Guard(stage, wall, await stage.start(settings));
    const { id } = await guard.#http.people.create({ name: 'Franck' });
    for (const still of STILLS) await guard.#http.faces.enrol(id, await readFile(await fixture(still)));
    return guard;
  }

  /** Ids of the cameras that are watched. */
  get cameras(): readonly string[] {
    return this.#cameras;
  }

  /** A camera that shows the film, registered; resolves once it is live. */
  async watch(id: string, film: string, fps: number): Promise<void> {
    const url = await this.#wall.start(id, film);
    await this.#http.streams.add({ id, url, fps });
    this.#cameras.push(id);
    await this.becomesLive(id);
    await sleep(BETWEEN_STARTS_MS);
  }

  async becomesLive(id: string): Promise<void> {
    await until(async () => ((await this.#http.streams.get(id)).state === 'live' ? true : undefined));
  }

  /** Takes the stream and its camera away. */
  async leave(id: string): Promise<void> {
    this.#cameras.splice(this.#cameras.indexOf(id), 1);
    await this.#http.streams.remove(id);
    await this.#wall.stop(id);
  }

  /** Ends the service with all that it watches. */
  async close(): Promise<void> {
    for (const id of [...this.#cameras]) await this.leave(id);
    await this.#stage.stop(this.service);
  }
}
