// `npm run bench:variants`: the same load on services with different settings, in turns, so that what a neighbour on the
// machine takes falls on all of them. This is how the numbers of lanes, of preprocess workers and batches are chosen.
import { availableParallelism } from 'node:os';
import { figuresOf, type LoadFigures } from './load/load-figures.js';
import { LoadGenerator } from './load/load-generator.js';
import { Material } from './material/material.js';
import { benchCommand, serviceSettings, setting, wholeNumber, withLoad, type LoadOptions } from './options.js';
import { figure, note, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { median } from './statistics.js';

type Settings = Readonly<Record<string, string>>;
interface Options extends LoadOptions {
  readonly variant: readonly Settings[];
  readonly rounds: number;
  readonly seconds: number;
  readonly tracking: boolean;
}

const WARMUP_MS = 2000;

const options = withLoad(benchCommand('variants', 'the same load on services with different settings, in turns'), 4)
  .option(
    '--variant <SETTINGS>',
    '"ONLOOKER_A=1 ONLOOKER_B=2", may be repeated (default: lanes and workers around the cores)',
    variant,
    [],
  )
  .option('--rounds <count>', 'how often each has its turn', wholeNumber(1, 100), 5)
  .option('--seconds <count>', 'length of a turn', wholeNumber(1, 600), 6)
  .option('--tracking', 'faces are followed (default: every face of every frame is embedded and searched)', false)
  .parse()
  .opts<Options>();

const variants = options.variant.length > 0 ? options.variant : aroundTheCores();
const material = await Material.make({ ...options, scene: options.scene ?? (options.tracking ? 'film' : 'stills') });
const stage = await Stage.set(options.people);
const generator = new LoadGenerator();
try {
  const measured = variants.map((settings) => ({ settings, turns: [] as LoadFigures[] }));
  for (let round = 1; round <= options.rounds; round++) {
    note(`round ${round} of ${options.rounds}`);
    for (const { settings, turns } of measured) {
      const service = await stage.start({ ...serviceSettings(options), ...settings });
      const measured = await generator.measure({
        target: service,
        folder: material.folder,
        rates: Array.from({ length: options.streams }, () => null),
        fields: { tracking: String(options.tracking), ...options.field },
        warmupMs: WARMUP_MS,
        measureMs: options.seconds * 1000,
      });
      turns.push(figuresOf(measured));
      await stage.stop(service);
    }
  }
  const figures = measured.map(({ settings, turns }) => ({
    settings,
    cpuMsPerFrame: median(turns.map((turn) => turn.cpuMsPerFrame)),
    framesPerSecond: median(turns.map((turn) => turn.framesPerSecond)),
    latencyMs: {
      median: median(turns.map(({ latencyMs }) => latencyMs.median)),
      p95: median(turns.map(({ latencyMs }) => latencyMs.p95)),
      p99: median(turns.map(({ latencyMs }) => latencyMs.p99)),
    },
    residentMiB: median(turns.map(({ memory }) => memory.medianMiB)),
    quietTurns: turns.filter((turn) => turn.share?.isTrustworthy).length,
  }));
  printTable(
    `Medians of ${options.rounds} turns of ${options.seconds} s, ${options.streams} streams within their credits`,
    ['settings', 'CPU-ms a frame', 'frames/s', 'p50 ms', 'p95', 'p99', 'MiB', 'quiet turns'],
    figures.map(({ settings, cpuMsPerFrame, framesPerSecond, latencyMs, residentMiB, quietTurns }) => [
      nameOf(settings),
      figure(cpuMsPerFrame),
      figure(framesPerSecond),
      figure(latencyMs.median),
      figure(latencyMs.p95),
      figure(latencyMs.p99),
      figure(residentMiB, 0),
      `${quietTurns} of ${options.rounds}`,
    ]),
  );
  await writeResult(options.name, options, { provider: stage.provider, variants: figures });
} finally {
  await generator.close();
  await Promise.all([stage.close(), material.close()]);
}

function variant(text: string, before: readonly Settings[]): Settings[] {
  const settings = text
    .split(/\s+/)
    .filter((part) => part !== '')
    .reduce<Settings>((all, part) => setting(part, all), {});
  return [...before, settings];
}

function aroundTheCores(): Settings[] {
  const cores = availableParallelism();
  const of = (lanes: number, workers: number): Settings => ({
    ONLOOKER_LANES: String(lanes),
    ONLOOKER_PREPROCESS_WORKERS: String(workers),
  });
  const half = Math.max(1, Math.ceil(cores / 2));
  return [{}, of(cores, half), of(cores, cores), of(cores + 1, half), of(half, half), of(half, cores)];
}

function nameOf(settings: Settings): string {
  const parts = Object.entries(settings).map(([name, value]) => `${name.replace('ONLOOKER_', '').toLowerCase()} ${value}`);
  return parts.length === 0 ? 'defaults' : parts.join(', ');
}
