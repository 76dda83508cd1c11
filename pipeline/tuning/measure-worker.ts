// A thread that measures what the models, and decoding, cost on this machine; several run side by side where lanes would.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../protocol/errors.js';
import { modelsOf, type PreparedModel } from '../../models/prepared.js';
import { decodeImage } from '../images/decode-image.js';
import { inputSize } from '../images/model-input.js';
import { ModelSession } from '../lanes/model-session.js';
import { writeSquareCrop, writeWholeFrame, type Picture } from '../images/resample.js';
import type { MeasureCommand, MeasuredModel, MeasureReport, MeasureSettings } from './measure-protocol.js';

if (parentPort === null) throw new Error('measure-worker runs as a worker thread');
const port = parentPort;
const { pack, provider, threads, batches, picture, eachMs } = workerData as MeasureSettings;
const tell = (report: MeasureReport): void => port.postMessage(report);

const MAX_PIXELS = 1 << 24;
const LEAST_RUNS = 3;
/** Other work on the machine only ever adds time: what a run takes undisturbed is near the least. */
const QUANTILE = 0.1;
const MODELS = modelsOf(pack);

try {
  const opened = new Map<PreparedModel, ModelSession<PreparedModel>>();
  const runtime = { provider, ladder: batches, intraOpThreads: threads };
  for (const model of MODELS) opened.set(model, await ModelSession.open<PreparedModel>(model, runtime));
  tell({ kind: 'ready' });
  port.once('message', (command: MeasureCommand) => void (command === 'begin' ? measure(opened) : close(opened)));
} catch (error) {
  tell({ kind: 'failed', message: messageOf(error) });
}

async function measure(opened: ReadonlyMap<PreparedModel, ModelSession<PreparedModel>>): Promise<void> {
  try {
    const decoded = await decodeImage(picture, null, MAX_PIXELS);
    if ('code' in decoded) throw new Error(decoded.message);
    const { width, height, pixels } = decoded;
    const pixelsOf: Picture = { data: new Uint8Array(pixels), width, height };
    const models: MeasuredModel[] = [];
    for (const [{ id, kind }, session] of opened) {
      const runs: { batch: number; ms: number }[] = [];
      for (const batch of batches) {
        fill(session, batch, pixelsOf);
        runs.push({ batch, ms: await undisturbedMs(() => session.run(batch)) });
      }
      models.push({ id, kind, runs });
    }
    const input = new Float32Array(inputSize(pack.detector.input));
    const lookMs = await undisturbedMs(async () => {
      await decodeImage(picture, pixels, MAX_PIXELS);
      writeWholeFrame(pixelsOf, pack.detector.input, input);
    });
    const glanceMs = await undisturbedMs(() => decodeImage(picture, pixels, MAX_PIXELS, 'luma'));
    tell({ kind: 'measured', models, lookMs, glanceMs });
  } catch (error) {
    tell({ kind: 'failed', message: messageOf(error) });
  } finally {
    await close(opened);
  }
}

/** Then nothing keeps the thread, and it ends. */
async function close(opened: ReadonlyMap<PreparedModel, ModelSession<PreparedModel>>): Promise<void> {
  for (const session of opened.values()) await session.close();
  port.close();
}

/** Parts of the picture, another one for each item. */
function fill(session: ModelSession<PreparedModel>, batch: number, of: Picture): void {
  const { input } = session.model;
  for (let item = 0; item < batch; item++) {
    const left = (item * 131) % (of.width - of.height / 2);
    writeSquareCrop(of, left, of.height / 4, of.height / 2, input, session.input(batch), session.offset(item));
  }
}

async function undisturbedMs(run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (const endMs = performance.now() + eachMs; times.length < LEAST_RUNS || performance.now() < endMs;) {
    const startMs = performance.now();
    await run();
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(QUANTILE * times.length)] ?? 0;
}
