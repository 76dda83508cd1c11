// The process that measures: it leaves no memory behind, and is never left behind itself. What goes wrong in it is brought
// about by a file that Node is told to load first.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { SILENT_LOG, type PipelineLog } from '../../pipeline/pipeline-log.js';
import { measureCosts } from '../../pipeline/tuning/measure-costs.js';
import { tuningFor } from '../../pipeline/tuning/tuner.js';
import { workerFile } from '../../pipeline/threads/worker-file.js';
import { defaultPack } from '../fixtures.js';
import { until } from '../server/support/service.js';

const MIB = 2 ** 20;
/** Measuring on two cores left 70 MiB and more. */
const MOST_LEFT_BYTES = 32 * MIB;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-measuring-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Has every process that is started from now on run this before all else. */
async function rig(program: string): Promise<void> {
  const file = join(folder, 'rigged.cjs');
  await writeFile(file, program);
  vi.stubEnv('NODE_OPTIONS', `--require=${file}`);
}

/** In a rigged process: leaves its number where `processNumber` finds it. */
const tellNumber = (): string =>
  `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid) + '\\n');`;
const processNumber = (): Promise<number> =>
  until(async () => {
    const text = await readFile(join(folder, 'pid'), 'utf8').catch(() => '');
    return text.endsWith('\n') ? Number(text) : undefined;
  });

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const NEVER_ANSWERS = 'setInterval(() => undefined, 1000); process.on = process.once = () => process;';

async function measure(more: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}) {
  return measureCosts({ pack: await defaultPack(), provider: 'cpu', eachMs: 1, ...more });
}

test('measuring leaves no memory behind', async () => {
  const before = process.memoryUsage.rss();
  const { models } = await measure();
  expect(models).toHaveLength(3);
  expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_LEFT_BYTES);
});

test('nothing is left running after a measurement', async () => {
  await rig(tellNumber());
  await measure();
  expect(isRunning(await processNumber())).toBe(false);
});

test('a start that is given up ends the measurement', async () => {
  await rig(tellNumber() + NEVER_ANSWERS);
  const givingUp = new AbortController();
  const measuring = measure({ signal: givingUp.signal });
  const failed = expect(measuring).rejects.toThrow('given up');
  const pid = await processNumber();
  givingUp.abort(new Error('given up'));
  await failed;
  expect(isRunning(pid)).toBe(false);
});

test('nothing is started where the start was given up before', async () => {
  await rig(tellNumber());
  await expect(measure({ signal: AbortSignal.abort(new Error('given up')) })).rejects.toThrow('given up');
  expect(await readFile(join(folder, 'pid'), 'utf8').catch(() => 'none')).toBe('none');
});

test('a measurement that does not come to an end is ended', async () => {
  await rig(tellNumber() + NEVER_ANSWERS);
  await expect(measure({ timeoutMs: 1000 })).rejects.toThrow('took longer than 1 s');
  expect(isRunning(await processNumber())).toBe(false);
});

test('a process that dies while it measures is a failure that says how', async () => {
  await rig('process.exit(7);');
  await expect(measure()).rejects.toThrow('exit code 7');
  await rig("process.kill(process.pid, 'SIGSEGV');");
  await expect(measure()).rejects.toThrow('SIGSEGV');
});

test.each([
  ['fails', "throw new Error('rigged')", 'rigged'],
  ['ends without a word', 'process.exit(0)', 'a measuring thread ended early'],
])('one of several measuring threads that %s is a failure of the whole, whatever the others wait for', async (_, end, says) => {
  await rig(`const { isMainThread, threadId } = require('node:worker_threads'); if (!isMainThread && threadId === 1) ${end};`);
  await expect(measure({ timeoutMs: 15_000 })).rejects.toThrow(says);
});

test('a model that no thread can load is a failure that says why', async () => {
  const pack = await defaultPack();
  const missing = { ...pack, detector: { ...pack.detector, path: join(folder, 'missing.onnx') } };
  await expect(measureCosts({ pack: missing, provider: 'cpu', eachMs: 1 })).rejects.toThrow('missing.onnx');
});

test('a machine that cannot be measured runs with the usual sizes, and the log says so', async () => {
  const told: string[] = [];
  const log: PipelineLog = { ...SILENT_LOG, error: (_fields, message) => void told.push(message) };
  await rig('process.exit(7);');
  expect(await tuningFor(await defaultPack(), 'cpu', { modelsDir: folder, measure: true, detectEvery: 3 }, log)).toBeNull();
  expect(told).toEqual(['this machine could not be measured; it runs with the usual sizes']);
});

test('the process that measures ends with the one that asked, and what it says on stderr is heard', async () => {
  const file = join(folder, 'asking.mjs');
  const measureCostsFile = workerFile('measure-costs', new URL('../../pipeline/tuning/', import.meta.url).href).href;
  const options = JSON.stringify({ pack: await defaultPack(), provider: 'cpu', eachMs: 60_000 });
  await writeFile(file, `import { measureCosts } from '${measureCostsFile}';\nawait measureCosts(${options});\n`);
  // Only the process that is asked has a channel to the one that asks.
  await rig(`if (process.send && require('node:worker_threads').isMainThread) { ${tellNumber()} console.error('heard'); }`);
  const asking = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void asking.kill('SIGKILL'));
  let stderr = '';
  asking.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const pid = await processNumber();
  await until(() => (stderr.includes('heard') ? true : undefined));
  expect(isRunning(pid)).toBe(true);
  asking.kill('SIGKILL');
  await until(() => (isRunning(pid) ? undefined : true));
});
