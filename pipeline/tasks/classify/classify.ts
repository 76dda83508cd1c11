// The task of classifying: whole frames, or regions of them, by any classifier that lies in a folder.
import type { ServedModel } from '../../../models/served/served-model.js';
import type { LoadedModel } from '../../../protocol/models.js';
import type { FrameRegion } from '../../frames/frame-job.js';
import type { LaneTaskSource } from '../../lanes/lane.js';
import type { ModelStart, Provider } from '../../lanes/lane-protocol.js';
import { servedModelInfo } from '../../lanes/loaded-model.js';
import { noModel } from '../../lanes/no-model-error.js';
import type { Stage } from '../../lanes/stage.js';
import type { RecogniseOptions, StreamOptions } from '../../streams/stream-options.js';
import type { Task, TaskStream } from '../../streams/task.js';
import { workerFile } from '../../threads/worker-file.js';
import { CachedClasses } from './cached-classes.js';
import type { ClassFrame } from './class-frame.js';
import { ClassStream } from './class-stream.js';
import { classesFound, type ClassRule } from './class-answers.js';
import { CLASSIFY, classifyStage, type ClassifyItem } from './classify-items.js';
import { ClassifyJob } from './classify-job.js';
import type { ClassifyLaneSettings } from './classify-lane.js';

export interface ClassifyOptions {
  /** The first is the one that answers where none is named. */
  readonly models: readonly ServedModel[];
  /** Score that a class has to exceed where nothing else is asked for. */
  readonly minimum: number;
  /** Whether frames of streams are looked for among those that were worked on before. */
  readonly cachesStreams: boolean;
}

const TOP_N = 5;

export class Classify implements Task {
  readonly names: readonly ['classify'] | readonly [];
  readonly lane: LaneTaskSource;
  readonly #options: ClassifyOptions;
  readonly #stages = new Map<string, Stage<ClassifyItem, Float32Array>>();

  constructor(options: ClassifyOptions) {
    this.#options = options;
    this.names = options.models.length > 0 ? ['classify'] : [];
    const settings = (): ClassifyLaneSettings => ({ models: options.models });
    this.lane = { name: CLASSIFY, module: workerFile('classify-lane', import.meta.url).href, settings };
  }

  models(provider: Provider, started: readonly ModelStart[]): readonly LoadedModel[] {
    return this.#options.models.map((model) =>
      servedModelInfo(model, provider, started.find(({ id }) => id === model.id) ?? { loadMs: 0, warmupMs: 0 }),
    );
  }

  modelFor(options: RecogniseOptions): string {
    return this.#modelOf(options).id;
  }

  open(options: StreamOptions): TaskStream {
    const { tracking } = options;
    const next = (): ClassFrame => this.#frame(options, this.#options.cachesStreams);
    if (tracking !== undefined) return new ClassStream(tracking, next);
    return { begin: () => next(), beginUnseen: () => null, tick: () => undefined, end: () => Promise.resolve() };
  }

  single(options: RecogniseOptions): ClassFrame {
    return this.#frame(options, true);
  }

  tick(): void {
    // Nothing changes with time alone.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #frame(options: RecogniseOptions, isCached: boolean): ClassFrame {
    const model = this.#modelOf(options);
    const regions = regionsOf(options);
    const rule: ClassRule = { topN: options.topN ?? TOP_N, minimum: options.threshold ?? this.#options.minimum };
    return {
      job: new ClassifyJob(model, this.#stageOf(model), regions),
      cacheable: isCached ? new CachedClasses(model.id, regions) : null,
      answer: ({ result }) => ({ model: model.id, ...classesFound(model, result, options.regions !== undefined, rule) }),
      abandon: () => undefined,
    };
  }

  #modelOf({ model: wanted }: RecogniseOptions): ServedModel {
    const { models } = this.#options;
    const model = wanted === undefined ? models[0] : models.find(({ id, name }) => id === wanted || name === wanted);
    if (model !== undefined) return model;
    const known = models.map(({ id }) => id).join(', ');
    throw noModel(
      known === '' ? 'No model for the task classify is loaded.' : `No such classifier is loaded; there are ${known}.`,
    );
  }

  #stageOf(model: ServedModel): Stage<ClassifyItem, Float32Array> {
    const known = this.#stages.get(model.id);
    if (known !== undefined) return known;
    const stage = classifyStage(model);
    this.#stages.set(model.id, stage);
    return stage;
  }
}

/** Null for the whole frame. */
function regionsOf({ region, regions }: RecogniseOptions): readonly FrameRegion[] | null {
  if (regions !== undefined) return regions;
  if (region === undefined) return null;
  const [left, top, width, height] = region;
  return [{ left, top, width, height, isShare: true }];
}
