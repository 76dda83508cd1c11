// Frames of the fixtures as lanes and streams take them, for tests of the pipeline.
import { readFile } from 'node:fs/promises';
import type { ImageInput } from '../../models/family.js';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import type { Provider } from '../../pipeline/lanes/lane-protocol.js';
import type { JobCost } from '../../pipeline/lanes/lane-task.js';
import type { DetectItem, FaceItem, FoundFace } from '../../pipeline/tasks/faces/face-items.js';
import { FaceModels } from '../../pipeline/tasks/faces/face-lane.js';
import { inputSize } from '../../pipeline/images/model-input.js';
import type { PipelineOptions } from '../../pipeline/pipeline-options.js';
import { wholeFrameGeometry, writeWholeFrame } from '../../pipeline/images/resample.js';
import { defaultPack, fixture } from '../fixtures.js';

/** What a pipeline is started with in tests, unless they say otherwise. */
export async function pipelineOptions(more: Partial<PipelineOptions> = {}): Promise<PipelineOptions> {
  return {
    pack: await defaultPack(),
    gallery: null,
    provider: 'cpu',
    lanes: 2,
    preprocessWorkers: 1,
    maxBatch: 4,
    credits: 2,
    // A slow machine must not lose frames to the deadline where a test is not about it.
    deadlineMs: 60_000,
    // Tests of single frames want every frame looked at.
    detectEvery: 1,
    maxFrameBytes: 5 * 1024 * 1024,
    maxPixels: 40_000_000,
    maxWaitingBytes: 256 * 1024 * 1024,
    maxWaitingRequests: 64,
    ...more,
  };
}

export const freshCost = (): JobCost => ({ inferMs: 0, matchMs: 0, batches: [] });

/** The models of the default pack in this thread. */
export async function openFaceModels(ladder: readonly number[], provider: Provider = 'cpu'): Promise<FaceModels> {
  const pack = await defaultPack();
  const { detectionScore, nmsIou } = pack.thresholds;
  return FaceModels.open({ pack, detectionScore, nmsIou, gallery: null }, { provider, intraOpThreads: 1, ladder });
}

/** A fixture's bytes. */
export async function imageOf(name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(await fixture(name)));
}

export interface Frame {
  readonly detect: DetectItem;
  face(found: FoundFace, want: FaceItem['want']): FaceItem;
}

/** A fixture decoded, with the detector's input beside it. */
export async function frameOf(name: string, input: ImageInput): Promise<Frame> {
  const decoded = await decodeImage(await imageOf(name), null, 100_000_000);
  if ('code' in decoded) throw new Error(decoded.message);
  const { width, height, pixels } = decoded;
  const picture = { data: new Uint8Array(pixels), width, height };
  const tensor = new SharedArrayBuffer(inputSize(input) * 4);
  writeWholeFrame(picture, input, new Float32Array(tensor));
  return {
    detect: { input: tensor, width, height, geometry: wholeFrameGeometry(picture, input) },
    face: (face, want) => ({ pixels, width, height, face, want }),
  };
}
