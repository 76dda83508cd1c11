// A real service as a process of its own, on a free port and with an empty gallery, for tests over real sockets.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir, defaultPack } from '../../fixtures.js';

// The compiled program, also where this file itself is compiled, as it is for the benchmarks.
const built = import.meta.url.endsWith('.ts') ? '../../../dist/' : '../../../';
const program = fileURLToPath(new URL(`${built}bin/onlooker.js`, import.meta.url));
const START_TIMEOUT_MS = 60_000;

/** For tests that ask nothing of time: a busy machine loses frames to their deadline. */
export const PATIENT = { ONLOOKER_DEADLINE_MS: '60000' } as const;

export interface Exit {
  readonly code: number | null;
  readonly stderr: string;
}

export class RunningService {
  readonly port: number;
  readonly url: string;
  readonly wsUrl: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #output: { stdout: string; stderr: string };
  readonly #exited: Promise<number | null>;
  readonly #dataDir: string;

  constructor(
    port: number,
    child: ChildProcess,
    output: { stdout: string; stderr: string },
    exited: Promise<number | null>,
    dataDir: string,
  ) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.wsUrl = `ws://127.0.0.1:${port}/v1/ws`;
    this.pid = child.pid ?? 0;
    this.#child = child;
    this.#output = output;
    this.#exited = exited;
    this.#dataDir = dataDir;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#output.stdout + this.#output.stderr;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit code. */
  exited(): Promise<number | null> {
    return this.#exited;
  }

  /** Ends it and takes its data away. @returns the exit code */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    const code = await this.#exited;
    await rm(this.#dataDir, { recursive: true, force: true });
    return code;
  }

  /** The figure of a metric, the sum over its labels unless they are given: `onlooker_frames_total{outcome="ok"}`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}

/** Starts a service and waits until it is ready. @param env settings beside those that a test needs anyway */
export async function startService(env: Readonly<Record<string, string>> = {}): Promise<RunningService> {
  await defaultPack();
  const service = await launchService(env);
  const died = service.exited().then((code): never => {
    throw new Error(`the service ended with code ${code}:\n${service.log}`);
  });
  died.catch(() => undefined);
  await Promise.race([until(async () => ((await fetch(`${service.url}/ready`)).ok ? true : undefined)), died]);
  return service;
}

/** Starts a service and waits until it listens; its models may still be loading. */
export async function launchService(
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<RunningService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'onlooker-'));
  const { child, output, exited } = launch({ ONLOOKER_DATA_DIR: dataDir, ...env }, undefined, flags);
  const died = exited.then((code): never => {
    throw new Error(`the service ended with code ${code}:\n${output.stdout}${output.stderr}`);
  });
  died.catch(() => undefined);
  const port = await Promise.race([portOf(output), died]);
  return new RunningService(port, child, output, exited, dataDir);
}

/** Runs `onlooker serve` with settings that keep it from starting. @returns how it ended */
export async function failingStart(
  env: Readonly<Record<string, string>>,
  cwd?: string,
  flags: readonly string[] = [],
): Promise<Exit> {
  const { output, exited } = launch(env, cwd, flags);
  return { code: await exited, stderr: output.stderr };
}

function launch(env: Readonly<Record<string, string>>, cwd?: string, flags: readonly string[] = []) {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ONLOOKER_')));
  const child = spawn(process.execPath, [program, 'serve', ...flags], {
    env: {
      ...inherited,
      // As `npm start` has it.
      MALLOC_ARENA_MAX: '2',
      ONLOOKER_PORT: '0',
      ONLOOKER_MODELS_DIR: cacheDir,
      ONLOOKER_PROVIDER: 'cpu',
      ONLOOKER_TUNE_AT_START: 'false',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: cwd ?? tmpdir(),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  // A test run that is cut short must not leave services behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      process.off('exit', kill);
      resolve(code);
    }),
  );
  return { child, output, exited };
}

async function portOf(output: { readonly stdout: string }): Promise<number> {
  return until(() => {
    const found = /"url":"https?:\/\/[^"]*:(\d+)"/.exec(output.stdout);
    return found === null ? undefined : Number(found[1]);
  });
}

/** Asks again until there is an answer. */
export async function until<T>(ask: () => T | undefined | Promise<T | undefined>, timeoutMs = START_TIMEOUT_MS): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > giveUpAt) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
