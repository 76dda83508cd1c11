// The task of classifying: whole frames, or regions of them, by any classifier that lies in a folder.
import type { ServedModel } from '../../../models/served/served-model.js';
import type { LoadedModel } from '../../../protocol/models.js';
import type { FrameRegion } from '../../frames/frame-job.js';
import type { LaneTaskSource } from '../../lanes/lane.js';
import type { Provider } from '../../lanes/lane-protocol.js';
import { noModel } from '../../lanes/no-model-error.js';
import type { Stage } from '../../lanes/stage.js';
import type { ModelAsked, OpenModels } from '../../served/open-models.js';
import { StreamModel } from '../../served/stream-model.js';
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
  readonly models: OpenModels;
  /** Score that a class has to exceed where nothing else is asked for. */
  readonly minimum: number;
  /** Whether frames of streams are looked for among those that were worked on before. */
  readonly cachesStreams: boolean;
  /** Told of each frame whether its class was believed. */
  readonly onDecided: (model: string, isAccepted: boolean) => void;
}

const TOP_N = 5;

export class Classify implements Task {
  readonly lane: LaneTaskSource;
  readonly #options: ClassifyOptions;
  readonly #stages = new Map<string, Stage<ClassifyItem, Float32Array>>();

  constructor(options: ClassifyOptions) {
    this.#options = options;
    const settings = (): ClassifyLaneSettings => ({ models: options.models.wanted(CLASSIFY) });
    this.lane = { name: CLASSIFY, module: workerFile('classify-lane', import.meta.url).href, settings };
  }

  get names(): readonly ['classify'] | readonly [] {
    return this.#options.models.has(CLASSIFY) ? [CLASSIFY] : [];
  }

  models(provider: Provider): readonly LoadedModel[] {
    return this.#options.models.loaded(CLASSIFY, provider);
  }

  modelFor(options: RecogniseOptions): string {
    return this.#options.models.idFor(asked(options));
  }

  prepare(options: RecogniseOptions): Promise<ServedModel> | null {
    return this.#options.models.prepare(asked(options));
  }

  open(options: StreamOptions): TaskStream {
    const { tracking } = options;
    const { models, cachesStreams } = this.#options;
    const model = new StreamModel(models, asked(options, options.stream ?? null));
    const next = (): ClassFrame => this.#frame(model.current, options, cachesStreams);
    if (tracking !== undefined) return new ClassStream(tracking, model, next);
    return {
      begin: next,
      beginUnseen: () => null,
      unavailable: () => model.unavailable(),
      tick: () => undefined,
      end: () => Promise.resolve(model.end()),
    };
  }

  single(options: RecogniseOptions): ClassFrame {
    const { models } = this.#options;
    const wanted = asked(options);
    const model = models.ready(wanted);
    if (model === null) throw noModel(`The model ${models.idFor(wanted)} is not open.`);
    return this.#frame(model, options, true);
  }

  tick(): void {
    // Nothing changes with time alone.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #frame(model: ServedModel, options: RecogniseOptions, isCached: boolean): ClassFrame {
    const { models, minimum, onDecided } = this.#options;
    const letGo = models.hold(model);
    const { topN = TOP_N, threshold = minimum } = options;
    const rule: ClassRule = { topN, minimum: threshold };
    const regions = regionsOf(options);
    return {
      job: new ClassifyJob(model, this.#stageOf(model), regions),
      cacheable: isCached ? new CachedClasses(model.id, regions) : null,
      answer: ({ result }) => {
        letGo();
        const found = classesFound(model, result, options.regions !== undefined, rule);
        onDecided(model.id, found.accepted !== null);
        return { ...found, model: model.id };
      },
      abandon: letGo,
    };
  }

  #stageOf(model: ServedModel): Stage<ClassifyItem, Float32Array> {
    const known = this.#stages.get(model.id);
    if (known !== undefined) return known;
    const stage = classifyStage(model);
    this.#stages.set(model.id, stage);
    return stage;
  }
}

function asked({ model }: RecogniseOptions, stream: string | null = null): ModelAsked {
  return { task: CLASSIFY, model, stream };
}

/** Null for the whole frame. */
function regionsOf({ region, regions }: RecogniseOptions): readonly FrameRegion[] | null {
  if (regions !== undefined) return regions;
  if (region === undefined) return null;
  const [left, top, width, height] = region;
  return [{ left, top, width, height, isShare: true }];
}
