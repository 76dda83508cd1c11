import { expect, test } from 'vitest';
import { saveFailure } from '../../clients/console/streams/save-failure.js';
import { ConnectionError, ServerError } from '../../clients/errors.js';

test('a camera that cannot be saved says why in the words of the console', () => {
  expect(saveFailure(new ServerError('STREAM_EXISTS', 'The stream door is registered already.')).text).toMatch(/of this name/);
  expect(saveFailure(new ServerError('NOT_FOUND', 'There is no such stream.')).text).toMatch(/not here any more/);
  expect(saveFailure(new ServerError('BAD_MESSAGE', 'The address cannot be read.')).hint).toEqual(expect.any(String));
  expect(saveFailure(new ConnectionError('no answer')).text).toBe('The service cannot be reached.');
});
