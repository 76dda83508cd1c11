// Run as a process by provider.test.ts: the embedding of one face on webgpu beside that of the CPU.
import { Pipeline } from '../../pipeline/pipeline.js';
import { imageOf, pipelineOptions } from './frames.js';

async function embeddingOn(provider: 'cpu' | 'webgpu'): Promise<{ live: string; embedding: Float32Array }> {
  const pipeline = await Pipeline.start(await pipelineOptions({ provider, lanes: 1, maxBatch: 1 }));
  const answer = await pipeline.recognise(await imageOf('franck_01829.jpg'), { task: 'embed' });
  await pipeline.close();
  const [face] = 'faces' in answer ? answer.faces : [];
  if (face === undefined || !('embedding' in face)) throw new Error('no face');
  return { live: pipeline.provider, embedding: new Float32Array(new Uint8Array(face.embedding).buffer) };
}

const cpu = await embeddingOn('cpu');
const gpu = await embeddingOn('webgpu');
const largestDifference = Math.max(...cpu.embedding.map((value, at) => Math.abs(value - (gpu.embedding[at] ?? NaN))));
console.log(JSON.stringify({ provider: gpu.live, largestDifference }));
