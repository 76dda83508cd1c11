// One measurement of a service that watches cameras: what a follower saw and when, what was lost, what it cost, and where
// the time of a frame went. Changes nothing: cameras are registered and warm before.
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient } from '../../clients/http-client.js';
import type { RunningService } from '../../test/server/support/service.js';
import { serviceMetrics } from '../load/service-figures.js';
import { machineShare, processorTimes, type MachineShare } from '../machine.js';
import { summaryOf, type Summary } from '../statistics.js';
import { sharedClockMs } from './camera-protocol.js';
import type { CameraWall } from './camera-wall.js';
import { CAMERA_FPS } from './film.js';
import type { Follower, SeenResult } from './follower.js';
import { processFigures } from '../process-figures.js';

export interface WatchSettings {
  readonly service: RunningService;
  readonly wall: CameraWall;
  readonly follower: Follower;
  /** Ids of the streams, which are those of the cameras. */
  readonly cameras: readonly string[];
  /** At which each is watched. */
  readonly fps: number;
  readonly seconds: number;
}
export interface Watch {
  readonly cameras: number;
  readonly fps: number;
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** From a frame's first packet leaving the camera to its result at the follower, of the frames answered `ok`. */
  readonly latencyMs: Summary;
  /** Each of them must be nought: replaced before they were taken in, dropped, answered with an error, not even decoded. */
  readonly lost: { readonly skipped: number; readonly dropped: number; readonly errors: number; readonly missing: number };
  /** Results whose frame could not be told, because something was lost before. */
  readonly unmatched: number;
  /** CPU time in ms each second: of the service, its ffmpeg processes, the cameras, and this follower. */
  readonly cpuMsPerSecond: Readonly<Record<'service' | 'ffmpeg' | 'cameras' | 'follower', number>>;
  readonly memoryMiB: { readonly service: number; readonly ffmpeg: number };
  /** CPU time of the service a frame, without ffmpeg. */
  readonly cpuMsPerFrame: number;
  readonly ffmpegCpuMsPerFrame: number;
  /** Mean wall time of an answered frame in each stage, ms. */
  readonly stagesMs: Readonly<Record<string, number>>;
  readonly facesPerFrame: number;
  /** Faces that were embedded, as a part of those seen. */
  readonly embeddedPerFace: number;
  readonly share: MachineShare | null;
}
/** With the results themselves, for who compares them. */
export interface MeasuredWatch extends Watch {
  readonly results: ReadonlyMap<string, readonly MatchedResult[]>;
}
export interface MatchedResult extends SeenResult {
  /** Which frame of the camera it answers, counted from the first one sent; null where it cannot be told. */
  readonly frame: number | null;
  readonly sentAtMs: number | null;
}

/** A camera's frame may be on its way for so long without counting as lost. */
const UNDER_WAY_MS = 500;

export async function measureWatch(settings: WatchSettings): Promise<MeasuredWatch> {
  const { service, follower, cameras, fps } = settings;
  const accountsBefore = await accountsOf(settings);
  follower.forget();
  const before = await costsOf(settings);
  await sleep(settings.seconds * 1000);
  const after = await costsOf(settings);
  // Asked last, so that every frame which has its result by now is in them.
  const accountsAfter = await accountsOf(settings);
  const seconds = (after.atMs - before.atMs) / 1000;

  const results = new Map(
    cameras.map((id) => {
      const [account, earlier] = [accountsAfter.get(id), accountsBefore.get(id)];
      // Frames are told by counting: that holds while none is lost in the measurement, on one and the same connection.
      const isCountable = account !== undefined && account.skipped === earlier?.skipped && account.viewers === 1;
      const skipped = isCountable ? account.skipped : null;
      const seen = follower.results(id).filter(({ atMs }) => atMs <= after.atMs);
      return [id, seen.map((result) => matched(result, skipped, account?.sentAtMs ?? [], CAMERA_FPS / fps))] as const;
    }),
  );
  const all = [...results.values()].flat();
  const ok = all.filter(({ status }) => status === 'ok');
  const latencies = ok.flatMap(({ atMs, sentAtMs }) => (sentAtMs === null ? [] : [atMs - sentAtMs]));
  const faces = ok.reduce((sum, result) => sum + result.faces, 0);
  const lost = (of: 'skipped' | 'dropped' | 'errors'): number =>
    cameras.reduce((sum, id) => sum + (accountsAfter.get(id)?.[of] ?? 0) - (accountsBefore.get(id)?.[of] ?? 0), 0);
  const rise = (metric: string): number => (after.metrics.get(metric) ?? 0) - (before.metrics.get(metric) ?? 0);
  const cpu = {
    service: after.process.cpuMs - before.process.cpuMs,
    ffmpeg: after.process.childrenCpuMs - before.process.childrenCpuMs,
    cameras: after.camerasCpuMs - before.camerasCpuMs,
    follower: after.ownCpuMs - before.ownCpuMs,
  };
  const embedder = await embedderOf(service);
  return {
    cameras: cameras.length,
    fps,
    seconds,
    framesPerSecond: ok.length / seconds,
    latencyMs: summaryOf(latencies),
    lost: {
      skipped: lost('skipped'),
      dropped: lost('dropped'),
      errors: lost('errors'),
      missing: cameras.reduce((sum, id) => sum + missingOf(accountsAfter.get(id), after.atMs, CAMERA_FPS / fps), 0),
    },
    unmatched: ok.length - latencies.length,
    cpuMsPerSecond: {
      service: cpu.service / seconds,
      ffmpeg: cpu.ffmpeg / seconds,
      cameras: cpu.cameras / seconds,
      follower: cpu.follower / seconds,
    },
    memoryMiB: { service: after.process.residentMiB, ffmpeg: after.process.childrenResidentMiB },
    cpuMsPerFrame: cpu.service / ok.length,
    ffmpegCpuMsPerFrame: cpu.ffmpeg / ok.length,
    stagesMs: stagesOf(after.metrics, rise),
    facesPerFrame: faces / ok.length,
    embeddedPerFace: rise(`onlooker_batch_size_sum{model="${embedder}"}`) / faces,
    share: machineShare(before.times, after.times, cpu.service + cpu.ffmpeg + cpu.cameras + cpu.follower),
    results,
  };
}

interface Account {
  readonly received: number;
  readonly dropped: number;
  readonly errors: number;
  readonly skipped: number;
  readonly sentAtMs: readonly number[];
  readonly viewers: number;
}

async function accountsOf({ service, wall, cameras }: WatchSettings): Promise<ReadonlyMap<string, Account>> {
  const http = createHttpClient(service.url);
  const accounts = new Map<string, Account>();
  for (const id of cameras) {
    const { sentAtMs, viewers } = await wall.report(id);
    const { frames } = await http.streams.get(id);
    if (frames === undefined) throw new Error(`${id} is not watched`);
    accounts.set(id, { ...frames, sentAtMs, viewers });
  }
  return accounts;
}

async function costsOf({ service, wall, cameras: [camera = ''] }: WatchSettings) {
  const camerasCpuMs = (await wall.report(camera)).cpuMs;
  const { user, system } = process.cpuUsage();
  return {
    metrics: await serviceMetrics(service.url),
    camerasCpuMs,
    ownCpuMs: (user + system) / 1000,
    process: processFigures(service.pid),
    times: processorTimes(),
    atMs: sharedClockMs(),
  };
}

/** @param skipped before it, null: nobody knows. @param step how many frames the camera sends for one that is looked at */
function matched(seen: SeenResult, skipped: number | null, sentAtMs: readonly number[], step: number): MatchedResult {
  const frame = skipped === null ? null : Math.ceil((seen.seq + skipped) * step - 1e-9);
  return { ...seen, frame, sentAtMs: frame === null ? null : (sentAtMs[frame] ?? null) };
}

/** Frames that the camera sent long enough ago, and of which the service never heard. */
function missingOf(account: Account | undefined, nowMs: number, step: number): number {
  if (account === undefined) return 0;
  const sent = account.sentAtMs.filter((ms) => ms < nowMs - UNDER_WAY_MS).length;
  return Math.max(0, Math.ceil(sent / step) - account.received - account.skipped);
}

function stagesOf(metrics: ReadonlyMap<string, number>, rise: (metric: string) => number): Record<string, number> {
  const stages = [...metrics.keys()].flatMap((name) => /^onlooker_stage_seconds_sum\{stage="(\w+)"\}$/.exec(name)?.[1] ?? []);
  return Object.fromEntries(
    stages.map((stage) => [
      stage,
      (rise(`onlooker_stage_seconds_sum{stage="${stage}"}`) / rise(`onlooker_stage_seconds_count{stage="${stage}"}`)) * 1000,
    ]),
  );
}

async function embedderOf({ url }: RunningService): Promise<string> {
  const models = await createHttpClient(url).models();
  const embedder = models.find(({ task }) => task === 'embed');
  if (embedder === undefined) throw new Error('the pack has no embedder');
  return embedder.id;
}
