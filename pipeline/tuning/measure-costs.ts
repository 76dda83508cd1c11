// Measures what each part of a frame costs on this machine, in a process of its own: the C library never gives back what
// threads of ours had, some 70 MiB with two of them, and a service runs for months after the seconds of its measurement.
// That process never outlives the measurement, nor the process that asked for it.
import { fork, type ChildProcess } from 'node:child_process';
import type { PreparedPack } from '../../models/prepared.js';
import type { Provider } from '../lanes/lane-protocol.js';
import { workerFile } from '../threads/worker-file.js';
import type { MachineCosts } from './machine-costs.js';
import type { MeasureAnswer, MeasureRequest } from './measure-protocol.js';

export interface MeasureOptions {
  readonly pack: PreparedPack;
  readonly provider: Provider;
  /** How long each point of a curve is measured, ms. */
  readonly eachMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The measurement is given up after so long, ms. */
  readonly timeoutMs?: number;
}

/** Many times what a slow machine takes; some providers of GPUs first compile for minutes. */
const TIMEOUT_MS = { cpu: 120_000, gpu: 600_000 } as const;

/** @throws Error when a model cannot be run or it takes too long, and the reason of the signal when that says so */
export async function measureCosts({ pack, provider, eachMs, signal, timeoutMs }: MeasureOptions): Promise<MachineCosts> {
  signal?.throwIfAborted();
  const child = fork(workerFile('measure-process', import.meta.url), [], {
    // Flags of ours, such as those of a debugger, are not for it.
    execArgv: [],
    serialization: 'advanced',
    // What libraries print goes where it can be read and is in nobody's way: `onlooker tune --json` has stdout for itself.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const ended = endOf(child);
  const limitMs = timeoutMs ?? (provider === 'cpu' ? TIMEOUT_MS.cpu : TIMEOUT_MS.gpu);
  const limits = new AbortController();
  try {
    return await Promise.race([
      answerOf(child, { pack, provider, eachMs }),
      ended.then((how) => Promise.reject(new Error(`the measuring process ended early: ${how}`))),
      givenUp(signal, limitMs, limits.signal),
    ]);
  } finally {
    limits.abort();
    // It has nothing to tidy up, and native code in it would keep any gentler way waiting.
    child.kill('SIGKILL');
    await ended;
  }
}

function answerOf(child: ChildProcess, request: MeasureRequest): Promise<MachineCosts> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const answer = message as MeasureAnswer;
      if (answer.kind === 'costs') resolve(answer.costs);
      else reject(new Error(answer.message));
    });
    // A request that does not arrive is not told here: then the process has ended, and that says how.
    child.send(request, () => undefined);
  });
}

/** Resolves with how it ended, in words, or why it never began. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
}

/** Rejects when the signal says so or time is up; never does anything else. @param over when nobody waits for it any more */
function givenUp(signal: AbortSignal | undefined, limitMs: number, over: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`measuring took longer than ${limitMs / 1000} s`)), limitMs);
    over.addEventListener('abort', () => clearTimeout(timer));
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: over });
  });
}
