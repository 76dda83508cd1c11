import { expect, test } from 'vitest';
import { failureText } from '../../clients/console/app/failure-text.js';
import { ServerError } from '../../clients/errors.js';

test('what a role does not allow is told with the roles that do, in the words of the console', () => {
  const refused = (details?: { right: string; roles: string }) => failureText(new ServerError('FORBIDDEN', 'No.', { details }));
  expect(refused({ right: 'enrol', roles: 'enroller admin' })).toBe(
    'Your role does not allow this. It takes one of these: Administrator, Enroller.',
  );
  // Of a proxy, or about a stream.
  expect(refused()).toBe('Your role does not allow this.');
  expect(refused({ right: 'x', roles: 'nobody <b>' })).toBe('Your role does not allow this.');
});
