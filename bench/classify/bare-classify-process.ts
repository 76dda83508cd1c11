// One process of the bare loop of classification: picture after picture through the very stages of the pipeline, with the same libraries
// and model, and nothing in between: no network, no queues, no other thread.
import { probabilitiesOf, topClasses } from '../../models/decisions/class-scores.js';
import { itemOf, outputNamed } from '../../models/outputs.js';
import { filesOfFolder } from '../../models/served/model-folders.js';
import { readServedModel } from '../../models/served/read-served-model.js';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import { tensorBytes, tensorIn, writeTensor, type TensorData } from '../../pipeline/images/write-tensor.js';
import { ModelSession, type SessionModel } from '../../pipeline/lanes/model-session.js';
import { keras } from '../../models/keras/converter.js';
import { answerParent } from '../child.js';
import { cacheDir } from '../../test/fixtures.js';
import { cameraShow, loadReels } from '../material/reel.js';
import type { BareClassifyQuestion, BareClassifyReport } from './bare-classify.js';

const [folder = '', modelFolder = '', place = '0', places = '1'] = process.argv.slice(2);
const MAX_PIXELS = 33_177_600;
const TOP_N = 5;

const model = await readServedModel(await filesOfFolder(modelFolder, 'bench', '1'), { cacheDir, keras });
const { id, path, input, batch, classOutput, activation, scores, classes } = model;
if (classOutput === null) throw new Error('the model is no classifier');
const session = await ModelSession.open<SessionModel, TensorData>(
  { id, path, input, batch, outputs: [classOutput] },
  { provider: 'cpu', ladder: [1], intraOpThreads: 1 },
);
const show = cameraShow(await loadReels(folder), Number(place), Number(places));
const memory = new ArrayBuffer(Math.ceil(tensorBytes(input) / 4) * 4);
const tensor = tensorIn(memory, 0, input);
let pixels: SharedArrayBuffer | null = null;
let count = 0;

answerParent(measure, () => session.close());

async function measure({ warmupMs, measureMs }: BareClassifyQuestion): Promise<BareClassifyReport> {
  const measureFromMs = Date.now() + warmupMs;
  while (Date.now() < measureFromMs) await classify();
  const before = process.cpuUsage();
  const startMs = performance.now();
  let images = 0;
  for (; performance.now() - startMs < measureMs; images++) await classify();
  const { user, system } = process.cpuUsage(before);
  return { images, seconds: (performance.now() - startMs) / 1000, cpuMs: (user + system) / 1000 };
}

async function classify(): Promise<void> {
  const decoded = await decodeImage(show(count++), pixels, MAX_PIXELS);
  if ('code' in decoded) throw new Error(decoded.message);
  pixels = decoded.pixels;
  const { width, height } = decoded;
  writeTensor({ data: new Uint8Array(pixels), width, height }, { left: 0, top: 0, width, height }, input, tensor);
  session.input(1).set(tensor, 0);
  const outputs = await session.run(1);
  const numbers = itemOf(outputNamed(outputs, classOutput ?? ''), 0);
  topClasses(probabilitiesOf(numbers, activation, scores), classes, TOP_N);
}
