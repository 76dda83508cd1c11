// `npm run bench:start`: how long a start takes when the models are in the cache, from the new process to the answer of
// `/ready`, and how much memory the service then holds.
import { setTimeout as sleep } from 'node:timers/promises';
import { processorTimes, machineShare, trust } from './machine.js';
import { serviceFigures } from './load/service-figures.js';
import { benchCommand, serviceSettings, wholeNumber, withService, type ServiceOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { summaryOf } from './statistics.js';

interface Options extends ServiceOptions {
  readonly runs: number;
}

const TARGET_MS = 3000;
const SETTLE_MS = 1000;

const options = withService(benchCommand('start', 'time from start to ready with a filled cache, and memory after it'))
  .option('--runs <count>', 'how often', wholeNumber(1, 100), 9)
  .parse()
  .opts<Options>();

const stage = await Stage.set(options.people);
try {
  const runs = [];
  for (let run = 1; run <= options.runs; run++) {
    note(`start ${run} of ${options.runs}`);
    runs.push(await oneStart());
  }
  const readyMs = summaryOf(runs.map((run) => run.readyMs));
  const residentMiB = summaryOf(runs.map((run) => run.residentMiB));
  printTable(
    `Start with ${options.people} people in the gallery`,
    ['run', 'ms to ready', 'MiB after', 'CPU-ms', 'quiet?'],
    runs.map((run, index) => [
      String(index + 1),
      figure(run.readyMs, 0),
      figure(run.residentMiB, 0),
      figure(run.cpuMs, 0),
      trust(run.share),
    ]),
  );
  const seconds = figure(readyMs.median / 1000);
  print(`\nready after ${seconds} s (median; target: under ${TARGET_MS / 1000} s), ${figure(residentMiB.median, 0)} MiB`);
  await writeResult(options.name, options, { provider: stage.provider, readyMs, targetMs: TARGET_MS, residentMiB, runs });
} finally {
  await stage.close();
}

async function oneStart() {
  const before = processorTimes();
  const ownBefore = process.cpuUsage();
  const startMs = performance.now();
  const service = await stage.start(serviceSettings(options));
  const readyMs = performance.now() - startMs;
  const { cpuMs } = await serviceFigures(service.url);
  const { user, system } = process.cpuUsage(ownBefore);
  const share = machineShare(before, processorTimes(), cpuMs + (user + system) / 1000);
  await sleep(SETTLE_MS);
  const { residentMiB } = await serviceFigures(service.url);
  await stage.stop(service);
  return { readyMs, residentMiB, cpuMs, share };
}
