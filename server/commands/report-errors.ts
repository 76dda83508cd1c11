// How a command fails: one line on stderr and an exit code that scripts can trust. No stack traces for users.
import { messageOf } from '../../protocol/errors.js';
import { ConfigError } from '../config.js';

/** Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Wraps a command's action so that what it throws becomes one line and the exit code. */
export function reportingErrors<A extends unknown[]>(
  action: (...args: A) => void | Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      const message = messageOf(error);
      process.stderr.write(`onlooker: ${message.split('\n')[0] ?? ''}\n`);
      process.exitCode = error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
    }
  };
}
