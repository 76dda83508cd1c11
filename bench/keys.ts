// `npm run bench:keys`: what a frame costs where a key is needed, beside the same where none is. Two services run side by side and are
// measured in turns, each pair in the other order, so that whatever else goes on on the machine meets both.
import { LoadGenerator } from './load/load-generator.js';
import { figuresOf } from './load/load-figures.js';
import { Material } from './material/material.js';
import { benchCommand, serviceSettings, wholeNumber, withService, type ServiceOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { median, percentile } from './statistics.js';

interface Options extends ServiceOptions {
  readonly pairs: number;
  readonly seconds: number;
  readonly streams: number;
}
type Cost = { readonly cpuMsPerFrame: number; readonly framesPerSecond: number };

const WARMUP_MS = 1000;
const TARGET = 1.01;

const options = withService(benchCommand('keys', 'what a frame costs with keys, beside without'))
  .option('--pairs <count>', 'measurements of each', wholeNumber(1, 1000), 20)
  .option('--seconds <count>', 'length of a measurement', wholeNumber(1, 3600), 5)
  .option('--streams <count>', 'cameras at once, each within its credits', wholeNumber(1, 1000), 4)
  .parse()
  .opts<Options>();

const material = await Material.make({});
const stage = await Stage.set(options.people);
let generator: LoadGenerator | undefined;
try {
  const open = await stage.start(serviceSettings(options));
  const keyed = await stage.start(serviceSettings(options), { isKeyed: true });
  // Its process inherits the key.
  generator = new LoadGenerator();
  const load = generator;
  const cost = async (target: typeof open): Promise<Cost> => {
    const { cpuMsPerFrame, framesPerSecond } = figuresOf(
      await load.measure({
        target,
        folder: material.folder,
        rates: Array.from({ length: options.streams }, () => null),
        fields: { task: 'faces' },
        warmupMs: WARMUP_MS,
        measureMs: options.seconds * 1000,
      }),
    );
    return { cpuMsPerFrame, framesPerSecond };
  };
  const pairs: { readonly open: Cost; readonly keyed: Cost }[] = [];
  for (let count = 0; count < options.pairs; count++) {
    note(`pair ${count + 1} of ${options.pairs}`);
    if (count % 2 === 0) pairs.push({ open: await cost(open), keyed: await cost(keyed) });
    else {
      const ofKeyed = await cost(keyed);
      pairs.push({ open: await cost(open), keyed: ofKeyed });
    }
  }
  const ratios = pairs.map((pair) => pair.keyed.cpuMsPerFrame / pair.open.cpuMsPerFrame);
  const medianOf = (of: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(of));
  printTable(
    `${options.streams} streams within their credits, medians of ${options.pairs} pairs of ${options.seconds} s`,
    ['', 'without keys', 'with keys'],
    [
      [
        'CPU-ms a frame',
        figure(medianOf(({ open }) => open.cpuMsPerFrame)),
        figure(medianOf(({ keyed }) => keyed.cpuMsPerFrame)),
      ],
      ['frames/s', figure(medianOf(({ open }) => open.framesPerSecond)), figure(medianOf(({ keyed }) => keyed.framesPerSecond))],
    ],
  );
  const ratio = { median: median(ratios), p25: percentile(ratios, 0.25), p75: percentile(ratios, 0.75) };
  print(
    `\nCPU a frame, with keys beside without: ${figure(ratio.median, 4)} (middle half of the pairs ${figure(ratio.p25, 4)} to ` +
      `${figure(ratio.p75, 4)}); target at most ${TARGET}`,
  );
  await writeResult(options.name, options, { targetRatio: TARGET, ratio, pairs });
} finally {
  await generator?.close();
  await stage.close();
  await material.close();
}
