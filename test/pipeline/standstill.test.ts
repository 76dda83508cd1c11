// The process stands still while frames are at work: what they seem to have taken says nothing of those that follow.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FrameResult } from '../../pipeline/streams/frame-result.js';
import { Pipeline } from '../../pipeline/pipeline.js';
import { until } from '../sources/watched.js';
import { imageOf, pipelineOptions } from './frames.js';

const DEADLINE_MS = 8000;
/** What was at work meanwhile would count as slower than any deadline. */
const STANDS_MS = 6000;
const AT_ONCE = 4;

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start(await pipelineOptions({ deadlineMs: DEADLINE_MS, credits: AT_ONCE }));
});
afterAll(() => pipeline.close());

/** As if the process were stopped: nothing of this thread goes on. */
const standStill = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDS_MS);

test('frames after a standstill are not given up for what those before it seem to have taken', async () => {
  const image = await imageOf('sample1.jpg');
  const results: FrameResult[] = [];
  const stream = pipeline.openStream({ task: 'detect' }, (result) => results.push(result));
  const push = (seq: number): void => stream.push({ image: image.slice(), seq, ts: null, receivedAtMs: performance.now() });
  push(0);
  standStill();
  await until(() => results.length === 1);
  for (let seq = 1; seq <= AT_ONCE; seq++) push(seq);
  await until(() => results.length === 1 + AT_ONCE, 30_000);
  expect(results.map(({ outcome }) => outcome.status)).toEqual(results.map(() => 'ok'));
  await stream.close('finish');
});

test('a stream whose frame was at work while the process stood waits no longer for its turn than others', async () => {
  const image = await imageOf('sample1.jpg');
  const answered: string[] = [];
  const open = (name: string) => pipeline.openStream({ task: 'detect' }, () => answered.push(name));
  const [stood, other] = [open('stood'), open('other')];
  let seq = 0;
  const push = (stream: typeof stood): void =>
    stream.push({ image: image.slice(), seq: seq++, ts: null, receivedAtMs: performance.now() });
  push(stood);
  standStill();
  await until(() => answered.length === 1);
  // Both have as many waiting as they may: the turns decide.
  for (let times = 0; times < AT_ONCE; times++) for (const stream of [stood, other]) push(stream);
  await until(() => answered.length === 1 + 2 * AT_ONCE, 30_000);
  expect(answered.slice(1, -2)).toContain('stood');
  await Promise.all([stood.close('finish'), other.close('finish')]);
});
