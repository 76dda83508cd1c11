// ffmpeg can do little besides decoding, where the system has the means; where it has not, cameras work and one line says so.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { confinement, tryConfinement } from '../../pipeline/sources/confinement.js';
import { SILENT_LOG } from '../../pipeline/pipeline-log.js';
import { recordClip } from './camera/rtp-clip.js';
import { serveClip, type Camera } from './camera/rtsp-camera.js';
import { watch } from './watched.js';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function smallCamera(): Promise<Camera> {
  const camera = await serveClip(await recordClip({ video: 'testsrc=size=160x96', isGenerated: true, seconds: 1 }));
  open.push(() => camera.close());
  return camera;
}

/** The ffmpeg of a process, as the system sees it. */
async function ffmpegOf(parent: number): Promise<{ readonly status: string; readonly limits: string; readonly command: string }> {
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
    const [status, limits, command] = [await read('status'), await read('limits'), await read('cmdline')];
    if (new RegExp(`^PPid:\\s+${parent}$`, 'm').test(status) && command.includes('image2pipe'))
      return { status, limits, command };
  }
  throw new Error('no ffmpeg runs');
}

test('ffmpeg has a bound on its memory, no privileges, and is the child itself', async () => {
  const works = await tryConfinement(SILENT_LOG);
  const camera = await smallCamera();
  const { source, nextFrame } = watch({ url: camera.url });
  open.push(() => source.close());
  await nextFrame();
  const { status, limits, command } = await ffmpegOf(process.pid);
  expect(command.startsWith('ffmpeg\0')).toBe(true);
  expect(/^Max data size\s+(\d+|unlimited)/m.exec(limits)?.[1]).toBe(works.has('memory') ? String(640 << 20) : 'unlimited');
  if (works.has('privileges')) expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  if (works.has('capabilities')) expect(status).toMatch(/^CapBnd:\s+0+$/m);
  if (works.has('user')) {
    expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534\s+65534$/m);
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
  }
});

test('for files and hardware it keeps its user, who reads files and may do nothing else', async () => {
  const works = await tryConfinement(SILENT_LOG);
  for (const needs of [{ reads: 'file', decodes: 'software' } as const, { reads: 'camera', decodes: 'hardware' } as const]) {
    const before = await confinement(needs, SILENT_LOG);
    expect(before.some((part) => part.includes('uid'))).toBe(false);
    const [program = 'cat', ...others] = [...before, 'cat', '/proc/self/status'];
    const { stdout } = await promisify(execFile)(program, others);
    if (works.has('privileges')) expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m);
    if (works.has('capabilities')) expect(stdout).toMatch(needs.reads === 'file' ? /^CapEff:\s+0*4$/m : /^CapEff:\s+0+$/m);
  }
});

test('without the programs for it a camera is watched all the same, and one line says what is missing', async () => {
  const camera = await smallCamera();
  const folder = await mkdtemp(join(tmpdir(), 'path-'));
  open.push(() => rm(folder, { recursive: true }));
  await symlink(await found('ffmpeg'), join(folder, 'ffmpeg'));
  const program = fileURLToPath(new URL('../../dist/test/sources/watching-process.js', import.meta.url));
  const watcher = spawn(process.execPath, [program, camera.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: folder },
  });
  open.push(async () => {
    watcher.kill('SIGKILL');
    if (watcher.exitCode === null && watcher.signalCode === null) await once(watcher, 'exit');
  });
  const lines: string[] = [];
  for await (const line of createInterface(watcher.stdout)) {
    lines.push(line);
    if (lines.filter((said) => said === 'frame').length === 3) break;
  }
  const warnings = lines.filter((line) => line !== 'frame');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^ffmpeg is confined less than it could be .*memory/);
});

async function found(program: string): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return join(dirname(process.execPath), program);
}
