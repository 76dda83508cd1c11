// Tells how fetching models goes on: one bar on a terminal, a few lines of text anywhere else.
import { SingleBar } from 'cli-progress';
import type { Progress } from '../models/sources/source.js';

export interface ProgressTeller {
  readonly tell: (progress: Progress) => void;
  /** Takes the bar away. */
  readonly close: () => void;
}

const LINE_EVERY_PERCENT = 25;

/** @param line writes one line where there is no terminal */
export function progressTeller(line: (progress: Progress, percent: number) => void): ProgressTeller {
  return process.stderr.isTTY ? barTeller() : lineTeller(line);
}

function barTeller(): ProgressTeller {
  const bar = new SingleBar({
    format: ' {bar} {percentage}% of {megabytes} MB  {file}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
  let running = false;
  return {
    tell({ file, receivedBytes, totalBytes }) {
      const fields = { file, megabytes: (totalBytes / 1e6).toFixed(1) };
      if (!running) bar.start(totalBytes, receivedBytes, fields);
      running = true;
      bar.setTotal(totalBytes);
      bar.update(receivedBytes, fields);
    },
    close: () => bar.stop(),
  };
}

function lineTeller(line: (progress: Progress, percent: number) => void): ProgressTeller {
  let told = '';
  return {
    tell(progress) {
      const percent = Math.floor((progress.receivedBytes / Math.max(1, progress.totalBytes)) * 100);
      const step = `${progress.file} ${Math.floor(percent / LINE_EVERY_PERCENT)}`;
      if (step !== told) line(progress, percent);
      told = step;
    },
    close: () => undefined,
  };
}
