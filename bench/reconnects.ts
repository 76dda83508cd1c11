// `npm run bench:reconnects`: an hour of cameras that are lost again and again, and whether the service keeps anything of it:
// memory, descriptors and child processes must be flat, and nothing may be left once the cameras are taken away.
import { setTimeout as sleep } from 'node:timers/promises';
import { CameraWall } from './cameras/camera-wall.js';
import { Guard } from './cameras/guard.js';
import { processFigures, type ProcessFigures } from './process-figures.js';
import { benchCommand, serviceSettings, wholeNumber, withService, type ServiceOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { mean, median } from './statistics.js';

interface Options extends ServiceOptions {
  readonly minutes: number;
  readonly every: number;
  readonly cameras: number;
  readonly fps: number;
}
interface Sample extends ProcessFigures {
  readonly atS: number;
}

const SAMPLE_MS = 1000;
const SETTLE_MS = 3000;
const OUTAGE_MS = 300;
const FILM_FRAMES = 250;
/** What memory may rise from the second quarter to the last, as a part of it: the first quarter warms up. */
const FLAT_WITHIN = 0.05;
/** Sockets of HTTP and of cameras that are being closed come and go. */
const DESCRIPTORS_WITHIN = 4;
/** In the result's file, of however long a run. */
const MOST_KEPT_SAMPLES = 240;

const options = withService(benchCommand('reconnects', 'cameras that are lost again and again, and what is left of it'))
  .option('--minutes <count>', 'for so long', wholeNumber(1, 10_000), 60)
  .option('--every <seconds>', 'each camera is lost so long after it was live', wholeNumber(1, 3600), 20)
  .option('--cameras <count>', 'how many', wholeNumber(1, 64), 4)
  .option('--fps <count>', 'watched at', wholeNumber(1, 25), 5)
  .parse()
  .opts<Options>();

const stage = await Stage.set(options.people);
const wall = new CameraWall();
try {
  await wall.record('film', { shows: 'franck', emptyFrames: 0, frames: FILM_FRAMES });
  await report(await lostAgainAndAgain(await Guard.start(stage, wall, serviceSettings(options))));
} finally {
  await wall.close();
  await stage.close();
}

async function lostAgainAndAgain(guard: Guard) {
  const { pid } = guard.service;
  await sleep(SETTLE_MS);
  const empty = processFigures(pid);
  for (let index = 0; index < options.cameras; index++) await guard.watch(`camera-${index}`, 'film', options.fps);
  note(`${options.cameras} cameras, each lost ${options.every} s after it was live, for ${options.minutes} min`);
  const startMs = performance.now();
  const endMs = startMs + options.minutes * 60_000;
  const losses = Promise.all(guard.cameras.map((id, index) => lose(guard, id, index, endMs)));
  const samples: Sample[] = [];
  while (performance.now() < endMs) {
    await sleep(SAMPLE_MS);
    samples.push({ atS: Math.round((performance.now() - startMs) / 1000), ...processFigures(pid) });
  }
  const reconnects = (await losses).reduce((sum, count) => sum + count, 0);
  for (const id of [...guard.cameras]) await guard.leave(id);
  await sleep(SETTLE_MS);
  const after = processFigures(pid);
  await guard.close();
  return { reconnects, empty, samples, after };
}

/** By turns its connection is cut, or it is gone with its port and back a moment later. @returns how often it came back */
async function lose(guard: Guard, id: string, index: number, endMs: number): Promise<number> {
  for (let count = 0; ; count++) {
    // Cameras fall out one after the other, not all at once.
    await sleep(options.every * 1000 * (count === 0 ? (index + 1) / options.cameras : 1));
    if (performance.now() >= endMs) return count;
    if ((count + index) % 2 === 0) await wall.drop(id);
    else await wall.outage(id, OUTAGE_MS);
    const { viewers } = await wall.report(id);
    while ((await wall.report(id)).viewers <= viewers) await sleep(100);
    await guard.becomesLive(id);
  }
}

async function report({ reconnects, empty, samples, after }: Awaited<ReturnType<typeof lostAgainAndAgain>>): Promise<void> {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const quarters = [0, 1, 2, 3].map((index) => samples.slice(index * quarter, (index + 1) * quarter));
  const rows = quarters.map((part) => ({
    residentMiB: mean(part.map(({ residentMiB }) => residentMiB)),
    descriptors: median(part.map(({ descriptors }) => descriptors)),
    mostDescriptors: Math.max(...part.map(({ descriptors }) => descriptors)),
    mostChildren: Math.max(...part.map(({ children }) => children)),
    mostZombies: Math.max(...part.map(({ zombies }) => zombies)),
  }));
  const [, second, , last] = rows;
  if (second === undefined || last === undefined) throw new Error('nothing was measured');
  const flat = {
    memory: last.residentMiB <= second.residentMiB * (1 + FLAT_WITHIN),
    descriptors: last.descriptors <= second.descriptors + DESCRIPTORS_WITHIN,
    children: Math.max(...rows.map(({ mostChildren }) => mostChildren)) <= options.cameras,
    nothingLeft: after.children === 0 && after.descriptors <= empty.descriptors + DESCRIPTORS_WITHIN,
  };
  printTable(
    `${reconnects} reconnects of ${options.cameras} cameras in ${options.minutes} min: the service by quarters`,
    ['', 'MiB', 'descriptors', 'at most', 'children at most', 'zombies at most'],
    [
      ['before the cameras', figure(empty.residentMiB), String(empty.descriptors), '', String(empty.children), ''],
      ...rows.map((row, index) => [
        `quarter ${index + 1}`,
        figure(row.residentMiB),
        figure(row.descriptors, 0),
        String(row.mostDescriptors),
        String(row.mostChildren),
        String(row.mostZombies),
      ]),
      ['after them', figure(after.residentMiB), String(after.descriptors), '', String(after.children), String(after.zombies)],
    ],
  );
  const said = (is: boolean): string => (is ? 'yes' : 'NO');
  print(
    `\nflat? memory ${said(flat.memory)}, descriptors ${said(flat.descriptors)}, children ${said(flat.children)}, ` +
      `nothing left ${said(flat.nothingLeft)}`,
  );
  const step = Math.ceil(samples.length / MOST_KEPT_SAMPLES);
  const kept = samples.filter((_, index) => index % step === 0);
  await writeResult(options.name, options, {
    provider: stage.provider,
    reconnects,
    flat,
    before: empty,
    quarters: rows,
    after,
    everyS: step,
    residentMiB: kept.map(({ residentMiB }) => residentMiB),
    descriptors: kept.map(({ descriptors }) => descriptors),
    children: kept.map(({ children }) => children),
  });
}
