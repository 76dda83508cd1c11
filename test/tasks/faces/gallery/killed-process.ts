// Starts a program as a process of its own (for the gallery test/tasks/faces/gallery/enroller.ts), reads what it acknowledges and kills it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { program } from './fixtures.js';

export interface KilledProcess {
  readonly process: ChildProcess;
  /** Every line that it has told so far. */
  readonly lines: readonly string[];
  /** Resolves when it has told so many lines, or has ended. */
  told(count: number): Promise<void>;
  /** SIGKILL, and its end. */
  kill(): Promise<void>;
  readonly ended: Promise<unknown>;
}

export function startEnroller(dir: string, task: string, detail = ''): KilledProcess {
  return startProgram(program('enroller'), [dir, task, detail]);
}

/** @param path of compiled JavaScript */
export function startProgram(path: string, args: readonly string[]): KilledProcess {
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const settle = (all: boolean): void =>
    waiting.filter(({ count }) => all || lines.length >= count).forEach(({ resolve }) => resolve());
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    settle(false);
  });
  // Not 'exit': all that it has told must have come.
  const ended = once(child, 'close').then(() => settle(true));
  return {
    process: child,
    lines,
    ended,
    told: (count) => new Promise((resolve) => (lines.length >= count ? resolve() : waiting.push({ count, resolve }))),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
