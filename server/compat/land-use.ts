// `--compat land-use`: a classifier of aerial photographs (`POST /predict-land-use/`), 256 x 256 RGB, the 21 classes of UC Merced
// (Yang and Newsam, 2010) in alphabetical order unless the model brings others.
import type { ClassesFound } from '../../protocol/payloads.js';
import type { Exchange } from '../http/exchange.js';
import { answering } from './answers.js';
import type { CompatContext, CompatMode } from './compat-mode.js';
import { Form } from './form.js';
import { openModel } from './open-model.js';
import { integer, modelNamed, ours } from './variables.js';

const MODEL = 'land-use';
const PORT = 8000;
const SIDE = 256;
const CLASSES = [
  'agricultural',
  'airplane',
  'baseballdiamond',
  'beach',
  'buildings',
  'chaparral',
  'denseresidential',
  'forest',
  'freeway',
  'golfcourse',
  'harbor',
  'intersection',
  'mediumresidential',
  'mobilehomepark',
  'overpass',
  'parkinglot',
  'river',
  'runway',
  'sparseresidential',
  'storagetanks',
  'tenniscourt',
] as const;

export const landUse: CompatMode = async (env) => ({
  environment: ours({ ONLOOKER_PACK: 'none', ONLOOKER_PORT: integer(env, 'PORT', 1, 65_535) ?? PORT }),
  given: {
    files: await modelNamed(env, 'LAND_USE_MODEL', MODEL),
    settings: {},
    fallback: { width: SIDE, height: SIDE, labels: CLASSES },
  },
  routes: (context) => {
    const handle = answering(context.state, (exchange) => predict(exchange, context));
    return ['/predict-land-use/', '/predict-land-use'].map((pattern) => ({
      method: 'POST',
      pattern,
      right: 'recognise',
      handle,
    }));
  },
});

async function predict(exchange: Exchange, { state, maxFrameBytes }: CompatContext): Promise<unknown> {
  const pipeline = state.requirePipeline();
  const image = (await Form.of(exchange, maxFrameBytes)).file('file');
  const { classes } = await openModel(state, MODEL);
  const options = { task: 'classify', model: MODEL, topN: classes.length } as const;
  const found = (await pipeline.recognise(image, options, exchange.signal)) as unknown as ClassesFound;
  const probabilities = new Array<number>(classes.length).fill(0);
  for (const { index, score } of found.classes) probabilities[index] = score;
  return { prediction: found.classes[0]?.index ?? 0, prediction_probability: [probabilities] };
}
