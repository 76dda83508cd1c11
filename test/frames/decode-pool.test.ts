// The threads that decode: they may be ended at any time, also while they still load their native libraries.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const DECODE_POOL = fileURLToPath(new URL('../../dist/pipeline/frames/decode-pool.js', import.meta.url));

// In a process of its own: what goes wrong here ends the process.
const PROGRAM = `
  const { DecodePool } = await import(${JSON.stringify(DECODE_POOL)});
  const { setTimeout: sleep } = await import('node:timers/promises');
  for (let round = 0; round < 20; round++) {
    const pool = new DecodePool({ minWorkers: 2, maxWorkers: 2, places: 2, nice: 0 });
    await sleep(10 * round);
    await pool.close();
  }
  process.stdout.write('closed');
`;

test('threads that are closed while they start do not end the process', { timeout: 60_000 }, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM]);
  expect({ stdout, stderr }).toEqual({ stdout: 'closed', stderr: '' });
});
