// How a command ends: exit codes that scripts can trust, one clear line on stderr, no stack traces for users, and a
// clean end on Ctrl-C or when the reader of a pipe has gone.
import {
  CertificateError,
  ConnectionError,
  ConnectionLostError,
  OnlookerClientError,
  SchemeError,
  type ServerError,
} from '../errors.js';
import { isAboutRights } from '../refusal.js';

export const EXIT = { failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;

/** The command was called wrongly, in a way that the parser could not see. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
/** Something that a user can mend, told in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
/** Some part of the work failed and has been told already; nothing more is to be said. */
export class PartlyFailed extends Error {
  override readonly name = 'PartlyFailed';
}
class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a command's work and sets the exit code. `url` is the service's address, for messages. `signal` is aborted on Ctrl-C, SIGTERM or when stdout's reader has gone:
 * the work then closes what it has open and throws the signal's reason. A second Ctrl-C ends the process at once.
 */
export async function runCommand(url: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (name: keyof typeof SIGNAL_EXIT_CODES) => {
    const exitCode = SIGNAL_EXIT_CODES[name];
    if (stop.signal.aborted) process.exit(exitCode);
    stop.abort(new Interrupted(exitCode));
  };
  const onPipeError = (error: NodeJS.ErrnoException) => {
    // `onlooker send … | head`: the reader has what it wants, so this is a good end.
    stop.abort(error.code === 'EPIPE' ? new Interrupted(0) : error);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', onPipeError);
  try {
    await work(stop.signal);
    if (stop.signal.aborted) throw stop.signal.reason;
  } catch (error) {
    process.exitCode = tell(stop.signal.aborted ? stop.signal.reason : error, url);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Tells the user what went wrong; returns the exit code. */
function tell(error: unknown, url: string): number {
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof PartlyFailed) return EXIT.failed;
  if (isAboutRights(error)) return say(refusalText(error, url), EXIT.refused);
  if (error instanceof CertificateError) {
    const hint = error.isUnknownHere ? ': --ca FILE or ONLOOKER_CA' : '';
    return say(`${error.message}${hint}`, EXIT.unreachable);
  }
  if (error instanceof SchemeError) return say(error.message, EXIT.unreachable);
  if (error instanceof ConnectionLostError) return say(`the connection to ${url} broke: ${error.message}`, EXIT.unreachable);
  if (error instanceof ConnectionError) {
    const hint = 'start one with `onlooker serve`, or name its address with --url';
    return say(`No service at ${url}: ${hint} (${error.message})`, EXIT.unreachable);
  }
  if (error instanceof UsageError) return say(error.message, EXIT.usage);
  const isForUsers = error instanceof CommandError || error instanceof OnlookerClientError || isSystemError(error);
  return say(isForUsers ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error), EXIT.failed);
}

function say(message: string, exitCode: number): number {
  process.stderr.write(`onlooker: ${message}\n`);
  return exitCode;
}

function refusalText({ code, message }: ServerError, url: string): string {
  const wanted = code === 'UNAUTHORIZED' ? 'a key of it' : 'a key that may';
  return `${url} refuses this (${message.replace(/\.$/, '')}): give ${wanted} by --key-file FILE or ONLOOKER_KEY`;
}

/** Of the operating system, e.g. a folder that cannot be written: its message names the path and the cause. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
