// Nothing is left behind: no process, no pipe, no timer, whatever happens and however often.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { recordClip } from './camera/rtp-clip.js';
import { serveClip, type Camera } from './camera/rtsp-camera.js';
import { until, watch } from './watched.js';

const RECONNECTS = 200;
const AT_ONCE = 4;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function smallCamera(): Promise<Camera> {
  const clip = await recordClip({ video: 'testsrc=size=160x96', isGenerated: true, seconds: 1, fps: 25 });
  const camera = await serveClip(clip);
  open.push(camera);
  return camera;
}

/** Of a process, zombies too. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}
const descriptors = (): number => readdirSync('/proc/self/fd').length;
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test(`${RECONNECTS} forced reconnects leave no process, no descriptor and no timer`, { timeout: 180_000 }, async () => {
  const camera = await smallCamera();
  const timings = { backoffMinMs: 1, backoffMaxMs: 1, knockMaxMs: 1 };
  // One round first: what is opened once for good is open then.
  const first = watch({ url: camera.url }, { timings });
  await first.nextFrame();
  await first.source.close();
  await until(() => camera.viewers.now === 0);
  const before = { children: childrenOf(process.pid).length, descriptors: descriptors(), timers: timers() };

  const watched = Array.from({ length: AT_ONCE }, () => watch({ url: camera.url, fps: 25 }, { timings }));
  const dropper = setInterval(() => {
    if (camera.viewers.now === AT_ONCE) camera.dropViewers();
  }, 10);
  const reconnects = (): number => watched.reduce((sum, { source }) => sum + source.counts.reconnects, 0);
  await until(
    () => reconnects() >= RECONNECTS,
    170_000,
    () => `only ${reconnects()} reconnects`,
  );
  clearInterval(dropper);
  expect(childrenOf(process.pid).length - before.children).toBeLessThanOrEqual(AT_ONCE);
  for (const { source } of watched) await source.close();
  await until(() => camera.viewers.now === 0);
  await new Promise((resolve) => setTimeout(resolve, 200));

  const after = { children: childrenOf(process.pid).length, descriptors: descriptors(), timers: timers() };
  expect(after.children).toBe(before.children);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.timers).toBeLessThanOrEqual(before.timers);
});

test('a camera that froze does not hold its closing up', async () => {
  const camera = await smallCamera();
  const { source, nextFrame } = watch({ url: camera.url });
  await nextFrame();
  const [pid = 0] = childrenOf(process.pid).filter((child) =>
    readFileSync(`/proc/${child}/cmdline`, 'latin1').includes('image2pipe'),
  );
  camera.freeze();
  await source.close();
  expect(isRunning(pid)).toBe(false);
});

test('closing at any moment of an attempt leaves nothing', async () => {
  const camera = await smallCamera();
  for (const afterMs of [0, 1, 5, 20, 40, 60, 80, 120, 200]) {
    const { source } = watch({ url: camera.url });
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await source.close();
    expect(source.state.state).toBe('disabled');
  }
  expect(childrenOf(process.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('image2pipe'))).toEqual(
    [],
  );
});

test('when the service is killed outright its ffmpeg ends too', async () => {
  const camera = await smallCamera();
  const program = fileURLToPath(new URL('../../dist/test/sources/watching-process.js', import.meta.url));
  const service = spawn(process.execPath, [program, camera.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(service.stdout, 'data');
  const children = childrenOf(service.pid ?? -1);
  expect(children.length).toBe(1);
  service.kill('SIGKILL');
  await once(service, 'exit');
  await until(
    () => !children.some(isRunning),
    5000,
    () => 'ffmpeg still runs',
  );
});
