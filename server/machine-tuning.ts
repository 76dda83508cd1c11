// What was measured of the machine, in the wire's words, and in those of somebody who has cameras: told at the start, by
// `onlooker tune` and by GET /v1/models.
import { isDeepStrictEqual } from 'node:util';
import type { MachineTuning } from '../protocol/models.js';
import { CAMERA_FPS, EASED } from '../pipeline/tuning/assumed-use.js';
import type { Tuning } from '../pipeline/tuning/tuning-store.js';

export function sustained({ plan, capacity, trials }: Tuning): MachineTuning['sustained'] {
  const tried = trials?.find((trial) => isDeepStrictEqual(trial.plan, plan));
  const of = (kind: 'followed' | 'everyFace') => ({
    streams: Math.floor((EASED * (tried?.[kind].framesPerSecond ?? capacity[kind])) / CAMERA_FPS),
    p95_ms: tried === undefined ? null : Math.round(tried[kind].p95Ms),
  });
  return { followed: of('followed'), every_face: of('everyFace') };
}

export function machineTuning(tuning: Tuning): MachineTuning {
  const { measuredAt, machine, costs, plan } = tuning;
  return {
    measured_at: measuredAt,
    machine,
    provider: costs.provider,
    plan: {
      lanes: plan.lanes,
      threads: plan.threads,
      preprocess_workers: plan.preprocessWorkers,
      max_batch: plan.maxBatch,
      fill_ms: plan.fillMs,
    },
    models: costs.models.map(({ id, runs }) => ({ id, runs })),
    look_ms: costs.lookMs,
    glance_ms: costs.glanceMs,
    sustained: sustained(tuning),
  };
}
