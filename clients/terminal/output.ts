// Where a command's words go: results to stdout, everything else to stderr, and a progress bar on stderr when that is a
// terminal. Must never draw a bar into a pipe or file.
import { SingleBar } from 'cli-progress';

export interface Output {
  /** A line of the result. Resolves when stdout can take more, so that a slow reader slows the work. */
  print(line: string): Promise<void>;
  /** A line that is no result. */
  note(line: string): void;
  /** Moves the bar. `total` may grow or be unknown (0). */
  progress(done: number, total: number, what: string): void;
  /** Takes the bar away. */
  close(): void;
}

export function createOutput(): Output {
  const isTerminal = process.stderr.isTTY;
  let bar: SingleBar | undefined;
  const clearLine = () => {
    if (bar) process.stderr.write('\r\u001b[2K');
  };
  return {
    async print(line) {
      clearLine();
      if (!process.stdout.write(`${line}\n`) && process.stdout.writable) {
        await new Promise<void>((resolve) => {
          process.stdout.once('drain', resolve);
          process.stdout.once('error', () => resolve());
        });
      }
    },
    note(line) {
      clearLine();
      process.stderr.write(`${line}\n`);
    },
    progress(done, total, what) {
      if (!isTerminal) return;
      if (!bar) {
        bar = new SingleBar({
          format: ' {bar} {value}/{total} {what}',
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
          stopOnComplete: false,
          linewrap: false,
          gracefulExit: false,
        });
        bar.start(Math.max(total, done), done, { what });
      }
      bar.setTotal(Math.max(total, done));
      bar.update(done, { what });
    },
    close() {
      clearLine();
      bar?.stop();
      bar = undefined;
    },
  };
}
