// The task of finding objects: in whole frames or a region of them, by any detector that lies in a folder.
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
import { CachedObjects } from './cached-objects.js';
import type { ObjectFrame } from './object-frame.js';
import { LEAST_SCORE, objectStage, OBJECTS, type FoundObject, type ObjectItem } from './object-items.js';
import { isWanted, objectFound, type ObjectRule } from './object-rule.js';
import { ObjectStream } from './object-stream.js';
import { ObjectsJob } from './objects-job.js';
import type { ObjectsLaneSettings } from './objects-lane.js';

export interface ObjectsOptions {
  readonly models: OpenModels;
  /** Whether frames of streams are looked for among those that were worked on before. */
  readonly cachesStreams: boolean;
}

/** Where nothing else is asked for: few false ones, as detectors are shown by their authors. */
const THRESHOLD = 0.3;
const MOST = 100;

export class Objects implements Task {
  readonly lane: LaneTaskSource;
  readonly #options: ObjectsOptions;
  readonly #stages = new Map<string, Stage<ObjectItem, readonly FoundObject[]>>();

  constructor(options: ObjectsOptions) {
    this.#options = options;
    const settings = (): ObjectsLaneSettings => ({ models: options.models.wanted(OBJECTS) });
    this.lane = { name: OBJECTS, module: workerFile('objects-lane', import.meta.url).href, settings };
  }

  get names(): readonly ['objects'] | readonly [] {
    return this.#options.models.has(OBJECTS) ? [OBJECTS] : [];
  }

  models(provider: Provider): readonly LoadedModel[] {
    return this.#options.models.loaded(OBJECTS, provider);
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
    const next = (): ObjectFrame => this.#frame(model.current, options, cachesStreams);
    if (tracking !== undefined) return new ObjectStream(tracking, model, ruleOf(options), next);
    return {
      begin: next,
      beginUnseen: () => null,
      unavailable: () => model.unavailable(),
      tick: () => undefined,
      end: () => Promise.resolve(model.end()),
    };
  }

  single(options: RecogniseOptions): ObjectFrame {
    const { models } = this.#options;
    const wanted = asked(options);
    const model = models.ready(wanted);
    if (model === null) throw noModel(`The model ${models.idFor(wanted)} is not open.`);
    return this.#frame(model, options, true);
  }

  tick(): void {
    // Streams are ticked one by one.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #frame(served: ServedModel, options: RecogniseOptions, isCached: boolean): ObjectFrame {
    const letGo = this.#options.models.hold(served);
    const rule = ruleOf(options);
    const region = regionOf(options);
    const { id, classes } = served;
    return {
      served,
      job: new ObjectsJob(served, this.#stageOf(served), region),
      cacheable: isCached ? new CachedObjects(id, region) : null,
      answer: ({ result }) => {
        letGo();
        const wanted = result.filter(
          ({ score, classIndex }) => score >= rule.threshold && isWanted(rule, classes[classIndex] ?? ''),
        );
        return { objects: wanted.slice(0, rule.most).map((object) => objectFound(object, classes, null)), model: id };
      },
      abandon: letGo,
    };
  }

  #stageOf(model: ServedModel): Stage<ObjectItem, readonly FoundObject[]> {
    const known = this.#stages.get(model.id);
    if (known !== undefined) return known;
    const stage = objectStage(model);
    this.#stages.set(model.id, stage);
    return stage;
  }
}

function asked({ model }: RecogniseOptions, stream: string | null = null): ModelAsked {
  return { task: OBJECTS, model, stream };
}

function ruleOf({ threshold = THRESHOLD, topN = MOST, labels }: RecogniseOptions): ObjectRule {
  return { threshold: Math.max(LEAST_SCORE, threshold), most: topN, labels: labels === undefined ? null : new Set(labels) };
}

/** Null for the whole frame. */
function regionOf({ region }: RecogniseOptions): FrameRegion | null {
  if (region === undefined) return null;
  const [left, top, width, height] = region;
  return { left, top, width, height, isShare: true };
}
