import { expect, test } from 'vitest';
import { program, temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { startProgram } from '../tasks/faces/gallery/killed-process.js';
import { everything, idsOf, openLog } from './fixtures.js';

const startAppender = (dir: string, task: string) => startProgram(program('../../../events/appender'), [dir, task]);

test('SIGKILL in the middle of 1,000 appends loses none that was reported durable, and no id comes twice', async () => {
  const dir = temporaryDir();
  const durable: string[] = [];
  for (const round of [0, 1, 2, 3, 4]) {
    const appender = startAppender(dir, 'append');
    await appender.told(10 + round * 23);
    await appender.kill();
    durable.push(...appender.lines.flatMap((line) => line.split(' ')));
  }
  expect(durable.length).toBeGreaterThan(500);
  expect(durable.length).toBeLessThan(5000);
  expect(new Set(durable).size).toBe(durable.length);
  const log = await openLog(dir);
  const kept = idsOf(await everything(log));
  expect([...kept].sort()).toEqual(kept);
  expect(new Set(kept).size).toBe(kept.length);
  const found = new Set(kept);
  expect(durable.filter((id) => !found.has(id))).toEqual([]);
  const [next = ''] = idsOf(log.append([{ kind: 'stream_up', stream: 'door', ts: 1, state: 'live', reason: null }]));
  expect(next > (kept.at(-1) ?? '')).toBe(true);
});

test('a log has one owner: a second process is refused, and a killed one blocks nobody', async () => {
  const dir = temporaryDir();
  const owner = startAppender(dir, 'hold');
  await owner.told(1);
  await expect(openLog(dir)).rejects.toThrow(/The event log in .* is in use by another running process/);
  await owner.kill();
  expect((await openLog(dir)).figures.kept).toBe(0);
});
