// One ffmpeg as a child process, from its start to its end. Owns its pipes and the timer of its killing.
// A supervisor of our own and not fluent-ffmpeg: that library reports a camera that died as a regular end, keeps its
// child to itself (no SIGKILL that follows, no way to count), writes the address into the command line, and is archived.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Confinement } from './confinement.js';
import { environment } from './ffmpeg-environment.js';
import type { FfmpegCommand } from './ffmpeg-command.js';
import type { SourceClock } from './source-clock.js';

export interface FfmpegExit {
  /** Null when a signal ended it or it could not be started. */
  readonly code: number | null;
  readonly couldNotStart: boolean;
}

export class FfmpegProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #clock: SourceClock;
  readonly #killMs: number;
  #isOver = false;
  #stopping: Promise<void> | null = null;
  /** After its pipes are closed. Never rejects. */
  readonly exited: Promise<FfmpegExit>;

  constructor(command: FfmpegCommand, confinement: Confinement, clock: SourceClock, killMs: number) {
    this.#clock = clock;
    this.#killMs = killMs;
    // What confines it replaces itself by it, so that the child is ffmpeg and signals reach it.
    const [program = 'ffmpeg', ...others] = [...confinement, 'ffmpeg', ...command.arguments];
    this.#child = spawn(program, others, { stdio: ['pipe', 'pipe', 'pipe'], env: environment(), windowsHide: true });
    const child = this.#child;
    this.exited = new Promise((resolve) => {
      child.once('error', () => {
        if (child.pid === undefined) resolve({ code: null, couldNotStart: true });
      });
      child.once('close', (code) => resolve({ code, couldNotStart: child.pid === undefined }));
    });
    void this.exited.then(() => (this.#isOver = true));
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on('error', () => undefined);
    if (command.stdin !== null) child.stdin.end(command.stdin);
  }

  /** For what is not written at once. */
  get stdin(): Writable {
    return this.#child.stdin;
  }

  /** JPEG images, one after the other. */
  get stdout(): Readable {
    return this.#child.stdout;
  }
  get stderr(): Readable {
    return this.#child.stderr;
  }

  /** SIGTERM, which lets it say goodbye to the camera, then SIGKILL. Resolves when nothing of it is left. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#end());
  }

  async #end(): Promise<void> {
    if (this.#isOver) return;
    // What it still has to say would keep its pipe open: nobody reads it any more.
    this.#child.stdout.destroy();
    this.#child.kill('SIGTERM');
    const cancelKill = this.#clock.after(this.#killMs, () => this.#child.kill('SIGKILL'));
    await this.exited;
    cancelKill();
  }
}
