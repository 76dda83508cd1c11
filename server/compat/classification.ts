// `--compat classification`: a classification server with thresholds, regions and one answer for several pictures of a plant
// (`POST /classify`, `GET /classes`, `/cfg`), run by that server's own variables.
import { consolidate } from '../../models/decisions/consolidate.js';
import { PREPROCESSING_NAMES, scalingNamed } from '../../models/served/preprocessing.js';
import type { ServedModel } from '../../models/served/served-model.js';
import { channelCount } from '../../models/tensor-input.js';
import type { FrameRegion } from '../../pipeline/frames/frame-job.js';
import type { ClassesFound, ClassScore } from '../../protocol/payloads.js';
import { ConfigError } from '../config.js';
import type { Exchange } from '../http/exchange.js';
import { answering, FieldError, RawJson } from './answers.js';
import type { CompatContext, CompatMode } from './compat-mode.js';
import { Form } from './form.js';
import { openModel } from './open-model.js';
import { decimal, fileNamed, integer, modelNamed, ours, text } from './variables.js';

const MODEL = 'classification';
const PORT = 8001;
const SIDE = 299;
const TOP_N = 5;
const MOST_CLASSES = 1000;
const MOST_REGIONS = 64;
const LARGEST_SIDE = 8192;
const UNKNOWN_SPECIES = 'Especie desconocida';

export const classification: CompatMode = async (env) => {
  const files = await modelNamed(env, 'INFERENCE_MODEL', MODEL);
  const classes = (await fileNamed(env, 'INFERENCE_CLASSES_FILE', '/classes.txt')) ?? files.classes;
  const thresholds = (await fileNamed(env, 'INFERENCE_THRESHOLDS_FILE', '/thresholds.csv')) ?? files.thresholds;
  const preprocessing = text(env, 'INFERENCE_PREPROCESS');
  if (preprocessing !== undefined && scalingNamed(preprocessing) === undefined) {
    throw new ConfigError(`INFERENCE_PREPROCESS: "${preprocessing}" is none of ${PREPROCESSING_NAMES.join(', ')}`);
  }
  const [width, height] = [integer(env, 'INPUT_WIDTH', 1, LARGEST_SIDE), integer(env, 'INPUT_HEIGHT', 1, LARGEST_SIDE)];
  // Nothing waits for a batch to fill here; a value that would have stopped that server stops this one too.
  decimal(env, 'SCHEDULER_FLUSH_INTERVAL', 0, 3600);
  return {
    environment: ours({
      ONLOOKER_PACK: 'none',
      ONLOOKER_PORT: integer(env, 'SERVER_PORT', 1, 65_535) ?? PORT,
      ONLOOKER_CLASS_MINIMUM: decimal(env, 'INFERENCE_MINIMUM_THRESHOLD', 0, 1),
      ONLOOKER_MAX_BATCH: integer(env, 'INPUT_BATCH', 1, 1024),
      ONLOOKER_MAX_WAITING_REQUESTS: integer(env, 'SCHEDULER_QUEUE_SIZE', 1, 100_000),
    }),
    given: {
      files: { ...files, ...(classes === undefined ? {} : { classes }), ...(thresholds === undefined ? {} : { thresholds }) },
      settings: {
        input: {
          ...(width === undefined ? {} : { width }),
          ...(height === undefined ? {} : { height }),
          ...(channelsOf(env) === 1 ? { channels: 'grey' } : {}),
          ...(preprocessing === undefined ? {} : { preprocessing }),
        },
      },
      fallback: { width: SIDE, height: SIDE },
    },
    routes: (context) => {
      const { state } = context;
      const open = { right: 'recognise', anyOrigin: true } as const;
      const cfg = answering(state, async () => {
        const { input } = await openModel(state, MODEL);
        return { input_dims: `${input.height}x${input.width}x${channelCount(input)}` };
      });
      return [
        { method: 'POST', pattern: '/classify', ...open, handle: answering(state, (exchange) => classify(exchange, context)) },
        {
          method: 'GET',
          pattern: '/classes',
          ...open,
          handle: answering(state, async () => (await openModel(state, MODEL)).classes),
        },
        { method: 'GET', pattern: '/cfg', ...open, handle: cfg },
        { method: 'POST', pattern: '/cfg', ...open, handle: cfg },
      ];
    },
  };
};

/** @throws ConfigError */
function channelsOf(env: NodeJS.ProcessEnv): number | undefined {
  const channels = integer(env, 'INPUT_CHANNELS', 1, 3);
  if (channels === 2) throw new ConfigError('INPUT_CHANNELS must be 1 or 3, not 2');
  return channels;
}

async function classify(exchange: Exchange, { state, maxFrameBytes, classMinimum }: CompatContext): Promise<unknown> {
  const pipeline = state.requirePipeline();
  const form = await Form.of(exchange, maxFrameBytes);
  const image = form.file('blob');
  const topN = form.integer('top_n', TOP_N, 1, MOST_CLASSES);
  const isConsolidated = form.flag('consolidate');
  const regions = regionsOf(form.text('regions'));
  const model = await openModel(state, MODEL);
  const options = { task: 'classify', model: MODEL, topN, ...(regions === null ? {} : { regions }) } as const;
  const found = (await pipeline.recognise(image, options, exchange.signal)) as unknown as ClassesFound;
  const parts = found.regions ?? [found];
  if (!isConsolidated) return new RawJson(`[${parts.map(({ classes }) => probabilities(classes)).join(', ')}]`);
  return consolidated(parts, model, classMinimum);
}

/** In the order of the scores, which an object would not keep for labels that are numbers; of two classes of one label the better. */
function probabilities(classes: readonly ClassScore[]): string {
  const best = new Map<string, number>();
  for (const { label, score } of classes) if (!best.has(label)) best.set(label, score);
  return `{${[...best].map(([label, score]) => `${JSON.stringify(label)}: ${score}`).join(', ')}}`;
}

function consolidated(parts: readonly Pick<ClassesFound, 'classes'>[], { thresholds }: ServedModel, minimum: number) {
  const best = parts.flatMap(({ classes }) => classes.slice(0, 1));
  const species = consolidate(best, { thresholds, minimum });
  return species.length === 0 ? [[UNKNOWN_SPECIES, null]] : species.map(({ species: name, score }) => [name, score]);
}

/** `y,x,side;y,x,side` in pixels; null for the whole picture. @throws FieldError */
export function regionsOf(given: string | undefined): readonly FrameRegion[] | null {
  if (given === undefined) return null;
  const regions = given
    .split(';')
    .filter((region) => region.trim() !== '')
    .map((region): FrameRegion => {
      const numbers = region.split(',').map((number) => (number.trim() === '' ? NaN : Number(number)));
      const [top = NaN, left = NaN, side = NaN] = numbers;
      if (numbers.length === 3 && numbers.every((number) => Number.isFinite(number) && number >= 0) && side > 0)
        return { left, top, width: side, height: side };
      throw new FieldError('regions', 'Input should be y,x,side in pixels, with ; between several');
    });
  if (regions.length > MOST_REGIONS) throw new FieldError('regions', `There may be ${MOST_REGIONS} regions`);
  return regions.length === 0 ? null : regions;
}
