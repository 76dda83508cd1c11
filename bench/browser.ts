// `npm run bench:browser`: the console in a real Chromium on this same machine, with a camera that shows a film: how soon
// the first name is on the screen, whether the page stays smooth when the service has three times too much to do, and
// whether it grows while it is open. The browser takes its part of the processors, as it does on a kiosk.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OnlookerClient } from '../clients/client.js';
import { createHttpClient } from '../clients/http-client.js';
import { fixture } from '../test/fixtures.js';
import { openBrowser, openPage } from '../test/browser/support/browser.js';
import { writeFilm } from '../test/browser/support/film.js';
import { memoryOf } from '../test/browser/support/page-memory.js';
import { firstTimes, smoothness, watchFirsts, type FirstTimes } from './browser/page-figures.js';
import { benchCommand, wholeNumber, withService, type ServiceOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { summaryOf } from './statistics.js';

interface Options extends ServiceOptions {
  readonly runs: number;
  readonly minutes: number;
}

const STREAMS = 4;
const CAPACITY_SECONDS = 4;
const LOAD_SECONDS = 8;
const OVERLOAD = 3;
/** Until caches are filled and what is compiled later is compiled. */
const SETTLE_MS = 10_000;

const options = withService(benchCommand('browser', 'the console in a real browser: first name, smoothness, growth'))
  .option('--runs <count>', 'how often the page is opened', wholeNumber(1, 100), 9)
  .option('--minutes <count>', 'how long it is kept open', wholeNumber(1, 240), 1)
  .parse()
  .opts<Options>();

const folder = await mkdtemp(join(tmpdir(), 'onlooker-bench-'));
const stage = await Stage.set(options.people);
const film = join(folder, 'film.mjpeg');
await writeFilm(film, await fixture('franck_01829.jpg'));
const browser = await openBrowser({ film });
try {
  const { url } = await stage.start(options.set);
  const http = createHttpClient(url);
  const { id } = await http.people.create({ name: 'Franck' });
  await http.faces.enrol(id, await readFile(await fixture('franck_01829.jpg')));

  const runs: FirstTimes[] = [];
  for (let run = 1; run <= options.runs; run++) {
    note(`page ${run} of ${options.runs}`);
    const { page, context } = await openPage(browser);
    await watchFirsts(page);
    await page.goto(`${url}/#/live`);
    runs.push(await firstTimes(page));
    await context.close();
  }
  const nameMs = summaryOf(runs.map(({ firstFrameMs, firstNameMs }) => firstNameMs - firstFrameMs));
  const paintMs = summaryOf(runs.map(({ firstPaintMs }) => firstPaintMs));
  printTable(
    'A page opened, camera allowed before',
    ['run', 'ms to first paint', 'ms to first frame', 'ms from frame to name', 'layout shift'],
    runs.map((run, index) => [
      String(index + 1),
      figure(run.firstPaintMs, 0),
      figure(run.firstFrameMs, 0),
      figure(run.firstNameMs - run.firstFrameMs, 0),
      figure(run.layoutShift, 3),
    ]),
  );

  const { page, context } = await openPage(browser);
  await page.goto(`${url}/#/live`);
  await page.waitForSelector('canvas[data-seq]');
  note('measuring what the service can take');
  const capacityFps = (await flood(url, Infinity, CAPACITY_SECONDS)).okFps;
  note(`three times that: ${figure(OVERLOAD * capacityFps, 0)} frames a second`);
  const [load, smooth] = await Promise.all([
    flood(url, OVERLOAD * capacityFps, LOAD_SECONDS + 2),
    sleep(2_000).then(() => smoothness(page, LOAD_SECONDS)),
  ]);
  print(`\nat ${figure(load.offeredFps, 0)} frames a second offered, ${figure(load.okFps, 0)} answered:`);
  print(`${figure(smooth.repaintsPerSecond, 0)} repaints a second, longest gap ${figure(smooth.longestGapMs, 0)} ms`);
  print(`the page says: ${smooth.status}. ${smooth.load} (${smooth.figures})`);

  await sleep(SETTLE_MS);
  const before = await memoryOf(page);
  note(`open for ${options.minutes} min`);
  await sleep(options.minutes * 60_000);
  const after = await memoryOf(page);
  print(`\nheap ${figure(before.heapMiB)} MiB, after ${options.minutes} min ${figure(after.heapMiB)} MiB`);
  print(`DOM nodes ${before.nodes}, after ${options.minutes} min ${after.nodes}`);
  await context.close();

  print(`\nfirst name ${figure(nameMs.median, 0)} ms after the first frame (median; target: under 1000)`);
  await writeResult(options.name, options, {
    nameMs,
    paintMs,
    runs,
    overload: { capacityFps, ...load, ...smooth },
    growth: { before, after },
  });
} finally {
  await browser.close();
  await stage.close();
  await rm(folder, { recursive: true, force: true });
}

/** Sends so many frames a second in all, whatever the credits say; `Infinity`: as many as credits allow. */
async function flood(url: string, framesPerSecond: number, seconds: number) {
  const image = await readFile(await fixture('sample1.jpg'));
  const client = await OnlookerClient.connect(url);
  try {
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, (_, index) => client.open({ stream: `load-${index}`, tracking: false })),
    );
    const startMs = performance.now();
    const endMs = startMs + seconds * 1000;
    await Promise.all(
      streams.map(async (stream) => {
        const intervalMs = (1000 * STREAMS) / framesPerSecond;
        for (let dueMs = startMs; performance.now() < endMs; dueMs += intervalMs) {
          if (framesPerSecond === Infinity) await stream.ready();
          else await sleep(Math.max(0, dueMs - performance.now()));
          stream.send(image, { force: framesPerSecond !== Infinity }).catch(() => undefined);
        }
      }),
    );
    const counts = streams.map((stream) => stream.counts);
    const sum = (name: 'sent' | 'ok') => counts.reduce((total, count) => total + count[name], 0);
    return { offeredFps: sum('sent') / seconds, okFps: sum('ok') / seconds };
  } finally {
    await client.close();
  }
}
