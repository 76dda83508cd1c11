// `npm run bench:batch`: what each model costs by batch and by threads, on real pictures, since the time of some operators
// depends on what they are given. Runs the sessions of a lane and nothing else.
import { availableParallelism } from 'node:os';
import { lineChart } from './chart/chart.js';
import { modelInputs, type ModelInputs } from './batch/model-inputs.js';
import { machineShare, processorTimes, trust } from './machine.js';
import { Material } from './material/material.js';
import {
  benchCommand,
  numberList,
  wholeNumber,
  withProvider,
  withQuick,
  type CommonOptions,
  type QuickOptions,
} from './options.js';
import { ModelSession } from '../pipeline/lanes/model-session.js';
import { providersToTry, type ProviderChoice } from '../pipeline/lanes/provider.js';
import { defaultPack } from '../test/fixtures.js';
import { figure, note, print, printForDocs, printTable, writeChart, writeResult } from './report.js';
import { summaryOf, type Summary } from './statistics.js';

interface Options extends CommonOptions, QuickOptions {
  readonly provider: ProviderChoice;
  readonly batches: readonly number[];
  readonly threads?: readonly number[];
  readonly seconds?: number;
  readonly images?: string;
}
interface Cost {
  readonly model: string;
  readonly threads: number;
  readonly batch: number;
  readonly msPerRun: Summary;
  readonly msPerItem: number;
  readonly cpuMsPerItem: number;
}

const LEAST_RUNS = 5;
const DEFAULT_BATCHES = [1, 2, 4, 8, 16] as const;

const options = withQuick(withProvider(benchCommand('batch', 'what each model costs by batch and threads')))
  .option('--batches <list>', 'sizes', numberList(1, 64), DEFAULT_BATCHES)
  .option('--threads <list>', 'threads of a session (default: 1 and 2 on a CPU, else 1)', numberList(1, 64))
  .option('--seconds <count>', 'for so long each figure is measured (default: 3, quick: 1)', wholeNumber(1, 60))
  .option('--images <folder>', 'of the pictures whose faces are used (default: made from public photographs)')
  .parse()
  .opts<Options>();

const [provider = 'cpu'] = providersToTry(options.provider);
const seconds = options.seconds ?? (options.quick ? 1 : 3);
const threads = options.threads ?? (provider === 'cpu' ? [1, Math.min(2, availableParallelism())] : [1]);
const batches = [...new Set(options.batches.map(Math.trunc))].sort((a, b) => a - b);

const pack = await defaultPack();
const material = await Material.make({ images: options.images });
try {
  note('finding the faces whose pictures are used');
  const models = await modelInputs(pack, material.folder);
  const before = { times: processorTimes(), cpu: process.cpuUsage() };
  const costs: Cost[] = [];
  for (const inputs of models) for (const count of new Set(threads)) costs.push(...(await costsOf(inputs, count)));
  const { user, system } = process.cpuUsage(before.cpu);
  const share = machineShare(before.times, processorTimes(), (user + system) / 1000);
  await report(models, costs, trust(share));
  await writeResult(options.name, options, { provider, seconds, costs, share });
} finally {
  await material.close();
}

/** In turns, so that what a neighbour takes falls on all sizes. */
async function costsOf({ model, items }: ModelInputs, intraOpThreads: number): Promise<Cost[]> {
  note(`${model.id}, ${intraOpThreads} threads, ${items.length} inputs`);
  const session = await ModelSession.open(model, { provider, ladder: batches, intraOpThreads });
  const measured = batches.map((batch) => ({ batch, times: [] as number[], cpuMs: 0 }));
  try {
    const endMs = performance.now() + seconds * 1000 * batches.length;
    let next = 0;
    for (let round = 0; performance.now() < endMs || round < LEAST_RUNS; round++) {
      for (const row of measured) {
        const input = session.input(row.batch);
        for (let index = 0; index < row.batch; index++) input.set(items[next++ % items.length] ?? [], session.offset(index));
        const cpu = process.cpuUsage();
        const startMs = performance.now();
        await session.run(row.batch);
        row.times.push(performance.now() - startMs);
        const { user, system } = process.cpuUsage(cpu);
        row.cpuMs += (user + system) / 1000;
      }
    }
  } finally {
    await session.close();
  }
  return measured.map(({ batch, times, cpuMs }) => {
    const msPerRun = summaryOf(times);
    const items = batch * times.length;
    return {
      model: model.id,
      threads: intraOpThreads,
      batch,
      msPerRun,
      msPerItem: msPerRun.median / batch,
      cpuMsPerItem: cpuMs / items,
    };
  });
}

async function report(models: readonly ModelInputs[], costs: readonly Cost[], quiet: string): Promise<void> {
  print(`provider: ${provider}, started by the runtime; quiet? ${quiet}`);
  const curves = models.flatMap(({ model: { id } }) =>
    [...new Set(threads)].map((count) => ({
      id,
      count,
      points: costs.filter((cost) => cost.model === id && cost.threads === count),
    })),
  );
  const head = ['model', 'threads', ...batches.map((batch) => `batch ${batch}`)];
  const rowsOf = (of: (cost: Cost) => number) =>
    curves.map(({ id, count, points }) => [id, String(count), ...points.map((cost) => figure(of(cost)))]);
  printTable(
    'ms an item (median)',
    head,
    rowsOf(({ msPerItem }) => msPerItem),
  );
  printTable(
    'CPU-ms an item (mean)',
    head,
    rowsOf(({ cpuMsPerItem }) => cpuMsPerItem),
  );
  printForDocs(
    head,
    rowsOf(({ msPerItem }) => msPerItem),
  );
  await writeChart(
    options.name,
    lineChart({
      title: `What an item costs by batch and threads, ${provider}`,
      xLabel: 'batch',
      yLabel: 'ms an item',
      xScale: 'log',
      yScale: 'log',
      xTicks: batches,
      series: curves.map(({ id, count, points }) => ({
        name: `${id.replace(/^.*\//, '')} x${count}`,
        isDashed: count > 1,
        points: points.map(({ batch, msPerItem }) => [batch, msPerItem] as const),
      })),
    }),
  );
}
