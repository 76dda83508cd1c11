// `npm run bench:cameras`: what a service does with real RTSP cameras of 1280x720 at 25 frames a second: how soon it tells who is
// there, how many it watches at which latency, what that costs, and what following faces saves.
import { InvalidArgumentError } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { CameraWall } from './cameras/camera-wall.js';
import { agreementOf } from './cameras/decisions.js';
import { CAMERA_FPS } from './cameras/film.js';
import { Follower } from './cameras/follower.js';
import { Guard } from './cameras/guard.js';
import { measureRecognition, type Recognition } from './cameras/recognition.js';
import { measureWatch, type MeasuredWatch, type Watch } from './cameras/watch.js';
import { trust } from './machine.js';
import { benchCommand, serviceSettings, wholeNumber, withService, type ServiceOptions } from './options.js';
import { earlierResult, figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';

interface Options extends ServiceOptions {
  readonly parts: readonly Part[];
  readonly runs: number;
  readonly seconds: number;
  readonly stepSeconds: number;
}

const PARTS = ['first', 'live', 'watched', 'full', 'tracking'] as const;
type Part = (typeof PARTS)[number];

/** At which cameras are watched unless somebody asks for another rate. */
const WATCHED_FPS = 5;
const EIGHT = 8;
const MORE = [10, 12, 14, 16, 20, 24, 32] as const;
const AT_FULL_RATE = [1, 2, 3, 4, 5, 6, 8, 10] as const;
const TARGETS = { firstMs: 1500, liveMs: 500, watchedMs: 300 } as const;
const FILM_FRAMES = 500;
/** Of the empty scene; in turns, so that the face shows at every place between two frames that are looked at. */
const EMPTY_FRAMES = [75, 76, 77, 78, 79] as const;
const SETTLE_MS = 4000;

const options = withService(benchCommand('cameras', 'real RTSP cameras: time to a name, how many, and at which cost'))
  .option('--parts <list>', `which of ${PARTS.join(',')}; the others' figures stay as they are`, partList, PARTS)
  .option('--runs <count>', 'how often somebody comes into view', wholeNumber(1, 1000), 25)
  .option('--seconds <count>', 'length of the measurement of eight cameras', wholeNumber(1, 3600), 60)
  .option('--step-seconds <count>', 'length of each measurement in the search for more', wholeNumber(1, 3600), 15)
  .parse()
  .opts<Options>();

const stage = await Stage.set(options.people);
const wall = new CameraWall();
try {
  await recordFilms();
  const measured: Partial<Record<Part, object>> = {};
  for (const part of options.parts) {
    note(`part ${part}`);
    const { people, set, runs, seconds, stepSeconds } = options;
    const settings = { people, set, runs, seconds, stepSeconds };
    const figures = await measure(part);
    measured[part] = { date: new Date().toISOString(), provider: stage.provider, settings, ...figures };
  }
  const earlier = (await earlierResult(options.name))?.['parts'] as object | undefined;
  await writeResult(options.name, { name: options.name }, { targets: TARGETS, parts: { ...earlier, ...measured } });
} finally {
  await wall.close();
  await stage.close();
}

async function recordFilms(): Promise<void> {
  note('making the films');
  await wall.record('known', { shows: 'franck', emptyFrames: 0, frames: FILM_FRAMES });
  await wall.record('stranger', { shows: 'stranger', emptyFrames: 0, frames: FILM_FRAMES });
  if (!options.parts.includes('live')) return;
  for (const emptyFrames of EMPTY_FRAMES) {
    await wall.record(`after-${emptyFrames}`, { shows: 'franck', emptyFrames, frames: emptyFrames + 2 * CAMERA_FPS });
  }
}

function measure(part: Part): Promise<object> {
  switch (part) {
    case 'first':
      return recognition('At the first connection', [{ film: 'known', emptyFrames: 0 }], TARGETS.firstMs);
    case 'live': {
      const films = EMPTY_FRAMES.map((emptyFrames) => ({ film: `after-${emptyFrames}`, emptyFrames }));
      return recognition('Once the stream is live', films, TARGETS.liveMs);
    }
    case 'watched':
      return mostCameras(WATCHED_FPS, [EIGHT, ...MORE]);
    case 'full':
      return mostCameras(CAMERA_FPS, AT_FULL_RATE);
    case 'tracking':
      return following();
  }
}

async function recognition(title: string, films: Parameters<typeof measureRecognition>[2], targetMs: number): Promise<object> {
  const guard = await Guard.start(stage, wall, serviceSettings(options));
  const rows: Recognition[] = [];
  try {
    rows.push(await measureRecognition(guard, wall, films, options.runs, WATCHED_FPS));
  } finally {
    await guard.close();
  }
  printTable(
    `${title}: ms until \`identify\``,
    ['watched at', 'runs', 'p50', 'p95', 'most', 'target p95', 'from the request p50', 'p95'],
    rows.map(({ fps, fromFaceMs, fromRequestMs }) => [
      `${fps} fps`,
      String(fromFaceMs.count),
      figure(fromFaceMs.median, 0),
      figure(fromFaceMs.p95, 0),
      figure(fromFaceMs.max, 0),
      figure(targetMs, 0),
      figure(fromRequestMs.median, 0),
      figure(fromRequestMs.p95, 0),
    ]),
  );
  return { runs: rows };
}

/** Adds cameras until they are too many. */
async function mostCameras(fps: number, counts: readonly number[]): Promise<object> {
  const guard = await Guard.start(stage, wall, serviceSettings(options));
  const follower = await Follower.of(guard.service.wsUrl, 'both');
  const steps: Watch[] = [];
  try {
    for (const count of counts) {
      note(`${count} cameras at ${fps} fps`);
      const seconds = fps === WATCHED_FPS && count === EIGHT ? options.seconds : options.stepSeconds;
      const { results: _, ...watch } = await watchMore(guard, follower, count, fps, seconds);
      steps.push(watch);
      if (!isSustained(watch)) break;
    }
  } finally {
    await follower.close();
    await guard.close();
  }
  printWatches(`Cameras watched at ${fps} fps`, steps);
  const most = Math.max(0, ...steps.filter(isSustained).map(({ cameras }) => cameras));
  print(`\nsustained at ${fps} fps: ${most} cameras`);
  return { sustained: most, steps };
}

async function following(): Promise<object> {
  const watches: MeasuredWatch[] = [];
  for (const tracking of ['true', 'false']) {
    const guard = await Guard.start(stage, wall, { ...serviceSettings(options), ONLOOKER_TRACKING: tracking });
    const follower = await Follower.of(guard.service.wsUrl, 'both');
    try {
      watches.push(await watchMore(guard, follower, EIGHT, WATCHED_FPS, Math.max(options.stepSeconds, FILM_FRAMES / CAMERA_FPS)));
    } finally {
      await follower.close();
      await guard.close();
    }
  }
  const [followed, eachFrame] = watches;
  if (followed === undefined || eachFrame === undefined) throw new Error('nothing was measured');
  const agreement = agreementOf(followed.results, eachFrame.results, FILM_FRAMES, filmOf);
  const { results: _, ...withTracking } = followed;
  const { results: __, ...without } = eachFrame;
  printWatches('Faces followed, and then every frame judged by itself', [withTracking, without]);
  const percent = (part: number): string => `${figure(part * 100)} %`;
  print(
    `\nembedded: ${percent(withTracking.embeddedPerFace)} of the faces against ${percent(without.embeddedPerFace)}; ` +
      `${agreement.compared} frames compared: the same decision in ${percent(agreement.same)}, ` +
      `named ${percent(agreement.namedFollowed)} against ${percent(agreement.namedEachFrame)}, ` +
      `another name ${percent(agreement.contradicting)}`,
  );
  return { withTracking, without, agreement };
}

async function watchMore(guard: Guard, follower: Follower, count: number, fps: number, seconds: number): Promise<MeasuredWatch> {
  for (let index = guard.cameras.length; index < count; index++) {
    const id = `camera-${index}`;
    await guard.watch(id, filmOf(id), fps);
  }
  await sleep(SETTLE_MS);
  return measureWatch({ service: guard.service, wall, follower, cameras: guard.cameras, fps, seconds });
}

/** Every other camera shows the man who is known. */
function filmOf(camera: string): string {
  return Number(camera.replace('camera-', '')) % 2 === 0 ? 'known' : 'stranger';
}

function isSustained({ latencyMs, lost, unmatched }: Watch): boolean {
  return latencyMs.p95 < TARGETS.watchedMs && Object.values(lost).every((count) => count === 0) && unmatched === 0;
}

function printWatches(title: string, watches: readonly Watch[]): void {
  printTable(
    `${title}: from a frame's sending to its result, ms, and CPU in ms each second`,
    ['cameras', 'frames/s', 'p50', 'p95', 'p99', 'lost', 'service', 'ffmpeg', 'cameras', 'embedded', 'sustained?', 'quiet?'],
    watches.map((watch) => [
      String(watch.cameras),
      figure(watch.framesPerSecond),
      figure(watch.latencyMs.median),
      figure(watch.latencyMs.p95),
      figure(watch.latencyMs.p99),
      figure(Object.values(watch.lost).reduce((sum, count) => sum + count)),
      figure(watch.cpuMsPerSecond.service, 0),
      figure(watch.cpuMsPerSecond.ffmpeg, 0),
      figure(watch.cpuMsPerSecond.cameras, 0),
      `${figure(watch.embeddedPerFace * 100)} %`,
      isSustained(watch) ? 'yes' : 'NO',
      trust(watch.share),
    ]),
  );
  const stages = Object.keys(watches[0]?.stagesMs ?? {});
  printTable(
    'A frame: mean wall time in each stage, and CPU, ms',
    ['cameras', ...stages, 'CPU service', 'CPU ffmpeg'],
    watches.map((watch) => [
      String(watch.cameras),
      ...stages.map((name) => figure(watch.stagesMs[name])),
      figure(watch.cpuMsPerFrame),
      figure(watch.ffmpegCpuMsPerFrame),
    ]),
  );
}

function partList(text: string): readonly Part[] {
  const named = text.split(',');
  const parts = PARTS.filter((part) => named.includes(part));
  if (parts.length !== named.length) throw new InvalidArgumentError(`It must be some of ${PARTS.join(',')}.`);
  return parts;
}
