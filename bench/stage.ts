// The services of a benchmark, each with a gallery of strangers of its own. Everything that was made is gone when it is
// closed.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPack } from '../test/fixtures.js';
import { startService, type RunningService } from '../test/server/support/service.js';
import { note } from './report.js';
import { enrolStrangers } from './strangers.js';

export class Stage {
  readonly #galleryDir: string;
  readonly #services = new Set<RunningService>();
  readonly #dataDirs: string[] = [];

  private constructor(galleryDir: string) {
    this.#galleryDir = galleryDir;
    this.#dataDirs.push(galleryDir);
  }

  /** @param people how many are in each gallery */
  static async set(people: number): Promise<Stage> {
    note(`enrolling ${people} strangers`);
    const galleryDir = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
    await enrolStrangers(await defaultPack(), people, galleryDir);
    return new Stage(galleryDir);
  }

  /** A service that is ready. @param settings by their environment names */
  async start(settings: Readonly<Record<string, string>>): Promise<RunningService> {
    const dataDir = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
    this.#dataDirs.push(dataDir);
    await cp(this.#galleryDir, dataDir, { recursive: true });
    const service = await startService({ ONLOOKER_DATA_DIR: dataDir, ...settings });
    this.#services.add(service);
    return service;
  }

  async stop(service: RunningService): Promise<void> {
    this.#services.delete(service);
    const code = await service.stop();
    if (code !== 0) note(`a service ended with code ${code}:\n${service.log}`);
  }

  async close(): Promise<void> {
    for (const service of [...this.#services]) await this.stop(service);
    await Promise.all(this.#dataDirs.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
