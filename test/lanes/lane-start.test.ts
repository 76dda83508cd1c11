import { expect, test } from 'vitest';
import { allOrFirstFailure } from '../../pipeline/lanes/lane-start.js';

test('a failed start is told of when no other one is under way any more, so that all that were started can be closed', async () => {
  const started: string[] = [];
  let finish = (): void => undefined;
  const slow = new Promise<void>((resolve) => (finish = resolve)).then(() => void started.push('slow'));
  const all = allOrFirstFailure([Promise.reject(new Error('no memory')), slow]);
  const told = all.catch((error: unknown) => [...started, (error as Error).message]);
  finish();
  expect(await told).toEqual(['slow', 'no memory']);
});
