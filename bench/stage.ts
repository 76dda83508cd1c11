// The services of a benchmark, each with a gallery of strangers of its own. Everything that was made is gone when it is
// closed.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPack } from '../test/fixtures.js';
import { startService, type RunningService } from '../test/server/support/service.js';
import { liveProvider } from './load/service-figures.js';
import { serviceSettings, type ServiceOptions, type TargetOptions } from './options.js';
import { note } from './report.js';
import { showKeyOf } from './shown-key.js';
import { enrolStrangers } from './strangers.js';

/** Benchmarks show the same pictures again and again: an answer that is remembered would be no measurement. */
export const NO_CACHE = { ONLOOKER_CACHE_MB: '0' } as const;
/** As `npm start` has it: the machine is measured once, and used as that says. */
const MEASURED = { ONLOOKER_TUNE_AT_START: 'true' } as const;

export class Stage {
  readonly #galleryDir: string;
  readonly #services = new Set<RunningService>();
  readonly #dataDirs: string[] = [];
  #provider: string | undefined;

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

  /** What really runs the models of the service that was started last, as it tells itself. */
  get provider(): string {
    return this.#provider ?? 'none';
  }

  /** A service that is ready. @param settings by their environment names @param isKeyed it lets nobody in without a key, which benchmarks show from now on */
  async start(settings: Readonly<Record<string, string>>, { isKeyed = false } = {}): Promise<RunningService> {
    const dataDir = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
    this.#dataDirs.push(dataDir);
    await cp(this.#galleryDir, dataDir, { recursive: true });
    if (isKeyed) await showKeyOf(dataDir);
    const service = await startService({ ONLOOKER_DATA_DIR: dataDir, ...NO_CACHE, ...MEASURED, ...settings });
    this.#services.add(service);
    const live = await liveProvider(service.url);
    const wanted = settings['ONLOOKER_PROVIDER'] ?? 'auto';
    if (live !== this.#provider) note(`the models run on ${live} (by /v1/models); asked for was ${wanted}`);
    this.#provider = live;
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

/** The service that is measured, of the benchmark or somebody else's. */
export interface ServiceUnderTest {
  readonly url: string;
  /** Of its process, where the benchmark started it. */
  readonly pid?: number;
  /** What really runs its models. */
  readonly provider: string;
  close(): Promise<void>;
}

/** The service at `url`, or else a new one with a gallery of strangers. */
export async function serviceUnderTest(options: ServiceOptions & TargetOptions): Promise<ServiceUnderTest> {
  const { url } = options;
  if (url !== undefined) return { url, provider: await liveProvider(url), close: () => Promise.resolve() };
  const stage = await Stage.set(options.people);
  try {
    const service = await stage.start(serviceSettings(options));
    return { url: service.url, pid: service.pid, provider: stage.provider, close: () => stage.close() };
  } catch (error) {
    await stage.close();
    throw error;
  }
}
