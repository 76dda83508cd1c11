// Work that waits for a lane, on lanes that do as they are told: nobody may wait for ever, whatever becomes of them.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Stage } from '../../pipeline/lanes/stage.js';
import type { Origin } from '../../pipeline/scheduling/origin.js';
import { LanePool, type PoolLane } from '../../pipeline/scheduling/lane-pool.js';

const FRAMES: Stage = { task: 'test', name: 'frames', depth: 0, isShared: true };
const FACES: Stage = { task: 'test', name: 'faces', depth: 1, isShared: false };

const DEAR: Stage = { task: 'test', name: 'dear', depth: 0, isShared: true };

/** A lane that works until it is told how each job ended, and can die. */
class TestLane implements PoolLane {
  alive = true;
  readonly backInMs = 700;
  readonly jobs: { readonly size: number; readonly kind: string; finish(): void; fail(): void }[] = [];

  get idle(): boolean {
    return this.alive && this.jobs.length === 0;
  }
  async run({ name }: Pick<Stage, 'name'>, items: readonly unknown[]) {
    await this.#work(name, items.length);
    const inferMs = name === DEAR.name ? 120 * items.length : items.length;
    return { kind: 'done' as const, id: 0, answers: items, inferMs, matchMs: 0, batches: [] };
  }
  die(): void {
    this.alive = false;
    for (const job of [...this.jobs]) job.fail();
  }
  tell = (): void => undefined;
  close = (): Promise<void> => Promise.resolve();

  #work(kind: string, size: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        this.jobs.shift();
        settle();
      };
      this.jobs.push({ size, kind, finish: end(resolve), fail: end(() => reject(new Error('the lane ended'))) });
    });
  }
}

const rules = { maxBatch: 2, mostOfOneStream: 1, fillMs: 0, onBatch: () => undefined };
const detect = (pool: LanePool, origin: Origin): Promise<unknown> => pool.call(FRAMES, [null], origin);
const describeFaces = (pool: LanePool, faces: number, origin: Origin): Promise<unknown> =>
  pool.call(FACES, new Array<null>(faces).fill(null), origin);
const frameDue = (deadlineMs: number) => ({ source: {}, isInteractive: false, deadlineMs });
const image = (deadlineMs: number) => ({ source: {}, isInteractive: true, deadlineMs });
/** How it stands with something once everything that is ready to happen has happened. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const ended = promise.then(
    () => 'done',
    (error: unknown) => (error as Error & { reason?: string }).reason ?? (error as Error).message,
  );
  return Promise.race([ended, new Promise<string>((resolve) => setImmediate(() => resolve('waits')))]);
}

describe('while no lane is alive', () => {
  test('frames wait until their deadline for one to come back, and are then dropped', async () => {
    const lane = new TestLane();
    lane.die();
    const pool = new LanePool([lane], rules);
    const [soon, late] = [detect(pool, frameDue(100)), detect(pool, frameDue(300))];
    pool.dropOverdue(200);
    expect([await stateOf(soon), await stateOf(late)]).toEqual(['deadline', 'waits']);
    lane.alive = true;
    pool.dispatch();
    lane.jobs[0]?.finish();
    expect(await stateOf(late)).toBe('done');
  });

  test('a single image is refused by a code of the catalogue', async () => {
    const lane = new TestLane();
    lane.die();
    const pool = new LanePool([lane], rules);
    const asked = detect(pool, image(100));
    pool.dropOverdue(200);
    await expect(asked).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE', retryAfterMs: 700 });
  });

  test('the faces of a frame do not wait either', async () => {
    const lane = new TestLane();
    const pool = new LanePool([lane], rules);
    const described = describeFaces(pool, 3, frameDue(100));
    lane.die();
    pool.dropOverdue(200);
    expect(await stateOf(described)).not.toBe('waits');
    expect([...pool.queued]).toEqual([['test/faces', 0]]);
  });

  test('nothing is waited for once the service drains, whenever the last lane died', async () => {
    const lane = new TestLane();
    const pool = new LanePool([lane], rules);
    const [atWork, waiting] = [detect(pool, frameDue(1e9)), detect(pool, frameDue(1e9))];
    pool.drain();
    expect([await stateOf(atWork), await stateOf(waiting)]).toEqual(['waits', 'waits']);
    lane.die();
    expect([await stateOf(atWork), await stateOf(waiting)]).toEqual(['the lane ended', 'draining']);
    await expect(detect(pool, image(1e9))).rejects.toMatchObject({ code: 'DRAINING' });
  });
});

test('a lane that lives serves late frames too: they have waited for their turn, not for it', async () => {
  const lane = new TestLane();
  const pool = new LanePool([lane], rules);
  const [first, second] = [detect(pool, frameDue(100)), detect(pool, frameDue(100))];
  pool.dropOverdue(200);
  for (const frame of [first, second]) {
    lane.jobs[0]?.finish();
    expect(await stateOf(frame)).toBe('done');
  }
});

test('a frame is not done before all of its faces are, also where some of them fail: its pixels are read until then', async () => {
  const lanes = [new TestLane(), new TestLane()] as const;
  const pool = new LanePool(lanes, rules);
  // Two at work on each lane, one waits.
  const described = describeFaces(pool, 5, frameDue(1e9));
  lanes[0].jobs[0]?.fail();
  expect(await stateOf(described)).toBe('waits');
  lanes[1].jobs[0]?.finish();
  expect(await stateOf(described)).toBe('waits');
  for (const lane of lanes) lane.jobs[0]?.finish();
  expect(await stateOf(described)).toBe('the lane ended');
});

test.each([
  ['a stream', frameDue],
  ['a single image', image],
])('a crowd in %s does not keep frames of other streams waiting', async (_name, originOf) => {
  const lane = new TestLane();
  const pool = new LanePool([lane], { ...rules, maxBatch: 1 });
  void describeFaces(pool, 100, originOf(1));
  const frame = detect(pool, frameDue(1e9));
  let jobs = 0;
  while ((await stateOf(frame)) === 'waits') {
    lane.jobs[0]?.finish();
    jobs++;
  }
  expect(jobs).toBeLessThanOrEqual(6);
});

test('a crowd whose next frames are looked for faces in meanwhile stays behind others all the same', async () => {
  const lane = new TestLane();
  const pool = new LanePool([lane], rules);
  const [crowd, door] = [frameDue(1), frameDue(1e9)];
  void describeFaces(pool, 100, crowd);
  for (let frame = 0; frame < 3; frame++) {
    // Fills the batch of another's frame.
    void detect(pool, crowd);
    const detected = detect(pool, door);
    for (let jobs = 0; (await stateOf(detected)) === 'waits' && jobs < 100; jobs++) lane.jobs[0]?.finish();
    const described = describeFaces(pool, 1, door);
    let jobs = 0;
    for (; (await stateOf(described)) === 'waits' && jobs < 100; jobs++) lane.jobs[0]?.finish();
    expect(jobs).toBeLessThanOrEqual(3);
  }
});

test('closing rejects what waits', async () => {
  const lane = new TestLane();
  const pool = new LanePool([lane], rules);
  const [atWork, waiting] = [detect(pool, frameDue(1e9)), detect(pool, frameDue(1e9))];
  await pool.close();
  expect(await stateOf(waiting)).toBe('draining');
  lane.jobs[0]?.finish();
  expect(await stateOf(atWork)).toBe('done');
  expect(await stateOf(detect(pool, frameDue(1e9)))).toBe('draining');
});

describe('a stage whose items cost twenty times as much', () => {
  /** Both stages have been done once, so that what they cost is known. */
  async function pool() {
    const lanes = [new TestLane(), new TestLane()] as const;
    const made = new LanePool(lanes, { ...rules, maxBatch: 1 });
    for (const stage of [DEAR, FRAMES]) {
      const done = made.call(stage, [null], frameDue(1e9));
      lanes[0].jobs[0]?.finish();
      await done;
    }
    return { lanes, pool: made };
  }
  const kinds = (lanes: readonly TestLane[]) => lanes.map(({ jobs }) => jobs[0]?.kind);

  test('leaves a lane to others while they come', async () => {
    const { lanes, pool: two } = await pool();
    for (let i = 0; i < 3; i++) void two.call(DEAR, [null], frameDue(1));
    expect(kinds(lanes)).toEqual(['dear', undefined]);
    const cheap = detect(two, frameDue(1e9));
    expect(kinds(lanes)).toEqual(['dear', 'frames']);
    lanes[1].jobs[0]?.finish();
    expect(await stateOf(cheap)).toBe('done');
    expect(kinds(lanes)).toEqual(['dear', undefined]);
    lanes[0].jobs[0]?.finish();
    await stateOf(Promise.resolve());
    expect(kinds(lanes)).toEqual(['dear', undefined]);
  });

  test('has all lanes where nothing else comes', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { lanes, pool: two } = await pool();
    vi.advanceTimersByTime(2000);
    for (let i = 0; i < 3; i++) void two.call(DEAR, [null], frameDue(1));
    expect(kinds(lanes)).toEqual(['dear', 'dear']);
  });

  test('is served where there is one lane', async () => {
    const lane = new TestLane();
    const one = new LanePool([lane], { ...rules, maxBatch: 1 });
    for (const stage of [FRAMES, DEAR, FRAMES, DEAR]) {
      const done = one.call(stage, [null], frameDue(1e9));
      expect(lane.jobs[0]?.kind).toBe(stage.name);
      lane.jobs[0]?.finish();
      await done;
    }
  });
});
