// Where a command's words go: results to stdout, everything else to stderr, and a progress bar on stderr when that is a
// terminal. Must never draw a bar into a pipe or file.
import { once } from 'node:events';
import { SingleBar } from 'cli-progress';

export interface Output {
  /** A line of the result. Resolves when stdout can take more, so that a slow reader slows the work. */
  print(line: string): Promise<void>;
  /** A line that is no result. */
  note(line: string): void;
  /** Moves the bar; `total` may still grow. */
  progress(done: number, total: number, what: string): void;
  /** Takes the bar away. */
  close(): void;
}

/** A bar that rows push down is drawn anew no more often than this. */
const REDRAW_MS = 100;

export function createOutput(): Output {
  const isTerminal = process.stderr.isTTY;
  let bar: SingleBar | undefined;
  let drawnAtMs = -Infinity;
  // The bar is on the line where the next row belongs: it goes before each row and comes back below it.
  const hideBar = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    async print(line) {
      if (process.stdout.isTTY) hideBar();
      // Rejects when stdout breaks, which `runCommand` hears of as well.
      if (!process.stdout.write(`${line}\n`) && process.stdout.writable)
        await once(process.stdout, 'drain').catch(() => undefined);
    },
    note(line) {
      hideBar();
      process.stderr.write(`${line}\n`);
    },
    progress(done, total, what) {
      if (!isTerminal) return;
      if (!bar) {
        if (performance.now() - drawnAtMs < REDRAW_MS) return;
        drawnAtMs = performance.now();
        bar = new SingleBar({
          format: ' {bar} {value}/{total} {what}',
          barsize: 24,
          linewrap: true,
          clearOnComplete: true,
          gracefulExit: false,
        });
        bar.start(Math.max(total, done), done, { what });
      }
      bar.setTotal(Math.max(total, done));
      bar.update(done);
    },
    close: hideBar,
  };
}
