// `npm run bench:stalls`: how long the main thread of a busy service is held, by whatever may hold it: 16 streams that send as
// fast as they may, a gallery of 100,000 faces, 100,000 events, and beside them one act after the other (stalls/acts.ts).
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gallery } from '../pipeline/tasks/faces/gallery/gallery.js';
import { EventLog } from '../pipeline/events/event-log.js';
import type { FaceEvent } from '../protocol/events.js';
import { defaultPack } from '../test/fixtures.js';
import { startService, type RunningService } from '../test/server/support/service.js';
import { Child } from './child.js';
import type { LoadQuestion, LoadReport } from './load/load-protocol.js';
import { serviceMetrics } from './load/service-figures.js';
import { Material } from './material/material.js';
import { loadReels } from './material/reel.js';
import { benchCommand, setting, wholeNumber, type CommonOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { ACTS, type Act, type Scene } from './stalls/acts.js';
import { latenessIn, MOST_MS, type Lateness } from './stalls/lateness.js';
import { exportOfStrangers } from './stranger-export.js';

interface Options extends CommonOptions {
  readonly faces: number;
  readonly events: number;
  readonly streams: number;
  readonly seconds: number;
  readonly only?: string;
  readonly set: Readonly<Record<string, string>>;
}
interface Row {
  readonly act: string;
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly lateness: Lateness;
}

const WARMUP_MS = 4000;
const EVENTS_AT_ONCE = 2048;

const options = benchCommand('stalls', 'what holds the main thread of a busy service, and for how long')
  .option('--faces <count>', 'faces in the gallery', wholeNumber(1, 1_000_000), 100_000)
  .option('--events <count>', 'events that are kept', wholeNumber(1, 100_000), 100_000)
  .option('--streams <count>', 'streams that send as fast as they may', wholeNumber(0, 64), 16)
  .option('--seconds <count>', 'length of each act that has no end of its own', wholeNumber(1, 600), 6)
  .option('--only <text>', 'only the acts whose name holds this')
  .option('--set <NAME=VALUE>', 'a setting of the service; may be repeated', setting, {})
  .parse()
  .opts<Options>();

const dir = await mkdtemp(join(tmpdir(), 'onlooker-bench-stalls-'));
const stallsFile = join(dir, 'stalls');
const generator = new Child<LoadQuestion, LoadReport | null>(new URL('./load/generator-process.js', import.meta.url));
const material = await Material.make({});
let service: RunningService | undefined;
try {
  const galleryFile = join(dir, 'gallery.bin');
  const dataDir = join(dir, 'data');
  await fill(dataDir, galleryFile);
  const probe = new URL('./stalls/probe.js', import.meta.url).href;
  service = await startService({
    ONLOOKER_DATA_DIR: dataDir,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import ${probe}`,
    STALLS_FILE: stallsFile,
    ...options.set,
  });
  const { url, wsUrl } = service;
  const frames = (await loadReels(material.folder)).flatMap((reel) => reel.frames);
  const scene: Scene = { url, wsUrl, galleryFile, frames, events: options.events };
  if (options.streams > 0) {
    const { folder } = material;
    await generator.ask({ kind: 'start', url, folder, rates: Array.from({ length: options.streams }, () => null), fields: {} });
  }
  await sleep(WARMUP_MS);
  const rows: Row[] = [];
  for (const act of ACTS) if (act.name.includes(options.only ?? '')) rows.push(await play(act, scene));
  if (options.streams > 0) await generator.ask({ kind: 'stop' });
  await report(rows);
} finally {
  await generator.close();
  await service?.stop();
  await material.close();
  await rm(dir, { recursive: true, force: true });
}

async function play(act: Act, scene: Scene): Promise<Row> {
  note(act.name);
  const okBefore = await answered(scene.url);
  const fromMs = Date.now();
  await act.run(scene, () => Date.now() - fromMs >= options.seconds * 1000);
  const untilMs = Date.now();
  const frames = (await answered(scene.url)) - okBefore;
  const seconds = (untilMs - fromMs) / 1000;
  const lateness = await latenessIn(stallsFile, { fromMs, untilMs });
  note(`  worst ${figure(lateness.worstMs)} ms, of its own ${figure(lateness.worstOwnMs)}, gc ${figure(lateness.worstGcMs)}`);
  return { act: act.name, seconds, framesPerSecond: frames / seconds, lateness };
}

async function answered(url: string): Promise<number> {
  return (await serviceMetrics(url)).get('onlooker_frames_total{outcome="ok"}') ?? 0;
}

async function report(rows: readonly Row[]): Promise<void> {
  printTable(
    `The main thread with ${options.streams} busy streams, ms (own: without what it stood ready and had no processor)`,
    ['beside', 'worst', 'worst of its own', `over ${MOST_MS}`, 'of its own', 'longest gc', 'frames/s'],
    rows.map(({ act, lateness, framesPerSecond }) => [
      act,
      figure(lateness.worstMs),
      figure(lateness.worstOwnMs),
      String(lateness.over20),
      String(lateness.ownOver20),
      figure(lateness.worstGcMs),
      figure(framesPerSecond),
    ]),
  );
  const worst = Math.max(...rows.map(({ lateness }) => lateness.worstOwnMs));
  print(`\nthe longest that it held itself: ${figure(worst)} ms (target: at most ${MOST_MS})`);
  await writeResult(options.name, options, { targetMs: MOST_MS, acts: rows });
}

/** A data folder with people and events, and the people as a file. */
async function fill(dataDir: string, galleryFile: string): Promise<void> {
  note(`${options.faces} faces and ${options.events} events`);
  const { embedder } = await defaultPack();
  if (embedder === undefined) throw new Error('the pack has no embedder');
  const { id, sha256, dim } = embedder;
  const model = { id, sha256, dim };
  await mkdir(dataDir, { recursive: true });
  await pipeline(Readable.from(exportOfStrangers(dir, model, options.faces)), createWriteStream(galleryFile));
  const gallery = await Gallery.open({ dir: join(dataDir, 'gallery'), model });
  await gallery.importAll(exportOfStrangers(dir, model, options.faces), 'merge');
  await gallery.close();
  const log = await EventLog.open({ dir: join(dataDir, 'events') });
  for (let from = 0; from < options.events; from += EVENTS_AT_ONCE) {
    log.append(Array.from({ length: Math.min(EVENTS_AT_ONCE, options.events - from) }, (_, index) => eventOf(from + index, id)));
    await log.flushed();
  }
  await log.close();
}

function eventOf(index: number, model: string): FaceEvent {
  const ts = Date.now() - options.events + index;
  return {
    kind: 'appear',
    stream: `door-${index % 20}`,
    track: `track-${index}`,
    ts,
    first_ts: ts,
    last_ts: ts,
    person: null,
    similarity: null,
    box: [10, 20, 30, 40],
    frames: 3,
    model,
    gallery_version: 1,
    threshold: 0.4,
  };
}
