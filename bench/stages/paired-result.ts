// What pairs of measurements, the service and then the bare loop, come to: medians over the pairs, so that a disturbance of one
// does not count.
import type { MeasuredBareLoop } from '../bare-loop/bare-loop.js';
import { TIMED_STAGES } from '../load/load-book.js';
import type { LoadFigures } from '../load/load-figures.js';
import { median, summaryOf } from '../statistics.js';

export interface Pair {
  readonly service: LoadFigures;
  readonly bareLoop: MeasuredBareLoop;
  /** Where faces are followed: a loop that decodes and detects and does no more. */
  readonly detectLoop: MeasuredBareLoop | null;
}

export function resultOf(pairs: readonly Pair[]) {
  const medianOf = (of: (pair: Pair) => number): number => median(pairs.map(of));
  const bareStages = pairs.flatMap(({ bareLoop }) => bareLoop.stages);
  const stages = TIMED_STAGES.map((name) => ({
    name,
    serviceMs: medianOf(({ service: { stagesMs } }) => stagesMs[name].median),
    serviceP95Ms: medianOf(({ service: { stagesMs } }) => stagesMs[name].p95),
    bareLoopMs: name === 'queue' ? null : summaryOf(bareStages.map((frame) => frame[name])).median,
  }));
  return {
    cpuRatio: medianOf(({ service: { cpuMsPerFrame }, bareLoop }) => cpuMsPerFrame / bareLoop.cpuMsPerFrame),
    framesRatio: medianOf(({ service: { framesPerSecond }, bareLoop }) => framesPerSecond / bareLoop.framesPerSecond),
    service: {
      cpuMsPerFrame: medianOf((pair) => pair.service.cpuMsPerFrame),
      framesPerSecond: medianOf((pair) => pair.service.framesPerSecond),
      p50Ms: medianOf((pair) => pair.service.latencyMs.median),
      p95Ms: medianOf((pair) => pair.service.latencyMs.p95),
      p99Ms: medianOf((pair) => pair.service.latencyMs.p99),
      facesPerFrame: medianOf((pair) => pair.service.facesPerFrame),
      namedFrames: medianOf((pair) => pair.service.namedFrames),
    },
    bareLoop: {
      cpuMsPerFrame: medianOf((pair) => pair.bareLoop.cpuMsPerFrame),
      framesPerSecond: medianOf((pair) => pair.bareLoop.framesPerSecond),
      facesPerFrame: medianOf((pair) => pair.bareLoop.facesPerFrame),
    },
    detectLoop: pairs.every(({ detectLoop }) => detectLoop === null)
      ? null
      : {
          cpuMsPerFrame: medianOf(({ detectLoop }) => detectLoop?.cpuMsPerFrame ?? NaN),
          framesPerSecond: medianOf(({ detectLoop }) => detectLoop?.framesPerSecond ?? NaN),
        },
    stages,
    pairs: pairs.map(({ service: { stagesMs: _, ...figures }, bareLoop, detectLoop }) => ({
      service: figures,
      bareLoop: withoutStages(bareLoop),
      detectLoop: detectLoop === null ? null : withoutStages(detectLoop),
    })),
  };
}

function withoutStages({ stages: _, ...rest }: MeasuredBareLoop) {
  return rest;
}
