import { expect, test } from 'vitest';
import { isGone, orGone } from '../../clients/console/app/gone.js';
import { ConnectionError, ServerError } from '../../clients/errors.js';

const missing = new ServerError('NOT_FOUND', 'There is no such person.', { status: 404 });

test('what another page has deleted already counts as deleted', async () => {
  await expect(orGone(Promise.reject(missing))).resolves.toBeUndefined();
  await expect(orGone(Promise.resolve())).resolves.toBeUndefined();
  expect(isGone(missing)).toBe(true);
});

test('a deletion that failed for any other reason has failed', async () => {
  const away = new ConnectionError('no answer');
  await expect(orGone(Promise.reject(away))).rejects.toBe(away);
  expect(isGone(away)).toBe(false);
});
