// Which provider is live: named outright it must start or stop the start; `auto` falls back to the CPU.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { planFor, usualPlan } from '../../pipeline/lanes/lane-start.js';
import { Pipeline } from '../../pipeline/pipeline.js';
import { pipelineOptions } from '../pipeline/frames.js';

const hasCuda = existsSync('/proc/driver/nvidia/version');
/** The software Vulkan that Debian's chromium brings. */
const SWIFTSHADER = '/usr/lib/chromium/libvk_swiftshader.so';

test.skipIf(hasCuda)('auto falls back to the CPU, says why, and tells which provider is live', async () => {
  const lines: string[] = [];
  const log = { info: (_: object, line: string) => void lines.push(line), warn: () => undefined, error: () => undefined };
  const pipeline = await Pipeline.start(await pipelineOptions({ provider: 'auto', log }));
  expect(pipeline.provider).toBe('cpu');
  expect(pipeline.models.map(({ provider }) => provider)).toEqual(['cpu', 'cpu', 'cpu']);
  expect(lines.join('\n')).toMatch(/cuda is not there, trying cpu/);
  await pipeline.close();
});

test.skipIf(hasCuda).each(['cuda', 'tensorrt'] as const)(
  '%s named outright stops the start where it cannot run',
  async (provider) => {
    await expect(Pipeline.start(await pipelineOptions({ provider }))).rejects.toThrow(`${provider} cannot start`);
  },
);

test('a GPU gets exactly one lane, a CPU one a core', () => {
  expect(usualPlan('cuda', 16).lanes).toBe(1);
  expect(usualPlan('webgpu', 16).lanes).toBe(1);
  expect(usualPlan('cpu', 4).lanes).toBe(4);
});

test.skipIf(!existsSync(SWIFTSHADER))(
  'webgpu over a software Vulkan gives the embeddings of the CPU',
  { timeout: 180_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onlooker-vulkan-'));
    const driver = join(folder, 'swiftshader.json');
    await writeFile(
      driver,
      JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: SWIFTSHADER, api_version: '1.1.0' } }),
    );
    // In a process of its own: the driver is chosen by the environment when Vulkan is first loaded.
    const script = fileURLToPath(new URL('webgpu-embedding.js', new URL('../../dist/test/pipeline/', import.meta.url)));
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      env: { ...process.env, VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: folder },
    });
    const { provider, largestDifference } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
    expect(provider).toBe('webgpu');
    expect(largestDifference).toBeLessThan(1e-4);
    await rm(folder, { recursive: true });
  },
);

test('a largest batch that is no power of two is rounded down to one, for lanes and scheduler alike', () => {
  const largest = (maxBatch: number) => planFor({ lanes: 1, preprocessWorkers: 1, maxBatch }, 'cpu', null).maxBatch;
  expect([1, 2, 3, 4, 7, 63, 64].map(largest)).toEqual([1, 2, 2, 4, 4, 32, 64]);
});
