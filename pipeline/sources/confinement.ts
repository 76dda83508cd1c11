// Keeps ffmpeg in where the system has the means: a bound on its memory, no privileges, no way to more of them, and an end
// with this service. Reads what hostile cameras send with decoders in C, so it should be able to do nothing else.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PipelineLog } from '../pipeline-log.js';
import { environment } from './ffmpeg-environment.js';

/** What stands before `ffmpeg` on the command line: programs that replace themselves by it (exec), so that the process stays the same. */
export type Confinement = readonly string[];

export interface ConfinementNeeds {
  readonly reads: 'camera' | 'file';
  readonly decodes: 'software' | 'hardware';
  /** Most pixels of a picture that it decodes; larger ones need more memory. */
  readonly maxPixels?: number;
}

const run = promisify(execFile);
const TRIAL_MS = 10_000;
/**
 * Of its own memory (RLIMIT_DATA; the address space holds libraries and, with CUDA, far more than is used). A picture
 * in H.264 with 16 reference frames takes at 3840 x 2400 343 MB, at 4512 x 2512 up to 400 and at 5312 x 2988 up to 500; one as
 * cameras send it less than 300. Drivers of hardware take some GB at most.
 */
const MEMORY_BYTES = { software: 640 << 20, hardware: 4 * 2 ** 30 } as const;
const BYTES_PER_PIXEL = 32;
const NOBODY = 65_534;
const NO_CAPABILITIES = '--bounding-set=-all';

const isRoot = process.getuid?.() === 0;
/** Each is tried by itself, since which ones there are depends on the system, its version and what the service may. */
const MEASURES = {
  memory: ['prlimit', '--core=0', `--data=${MEMORY_BYTES.software}`],
  privileges: ['setpriv', '--no-new-privs', '--inh-caps=-all'],
  capabilities: ['setpriv', NO_CAPABILITIES],
  user: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
  // The last one: changing the user takes it back.
  end: ['setpriv', '--pdeathsig=KILL'],
} as const;
type Measure = keyof typeof MEASURES;

const WITHOUT: Readonly<Record<Measure, string>> = {
  memory: 'a bound on its memory',
  privileges: 'giving up privileges',
  capabilities: 'giving up capabilities',
  user: 'changing to another user',
  end: 'an end with this service',
};

let trial: Promise<ReadonlySet<Measure>> | null = null;

/** Finds out once in the life of the process what the system has, and says in one line of the log what it lacks. Never rejects. */
export function tryConfinement(log: PipelineLog): Promise<ReadonlySet<Measure>> {
  trial ??= measuresThatWork().then((working) => {
    const missing = wanted().filter((measure) => !working.has(measure));
    if (missing.length > 0)
      log.warn({ without: missing.map((measure) => WITHOUT[measure]) }, 'ffmpeg is confined less than it could be');
    return working;
  });
  return trial;
}

/** What to put before ffmpeg. Never rejects. */
export async function confinement(needs: ConfinementNeeds, log: PipelineLog): Promise<Confinement> {
  const working = await tryConfinement(log);
  // A file may be readable for this service's user alone, and hardware for its groups.
  const keepsUser = needs.reads === 'file' || needs.decodes === 'hardware';
  const measures = wanted().filter((measure) => working.has(measure) && !(measure === 'user' && keepsUser));
  const command = commandOf(measures, Math.max(MEMORY_BYTES[needs.decodes], BYTES_PER_PIXEL * (needs.maxPixels ?? 0)));
  // Root reads files of others by a capability; it stays, since he may read them in any case.
  return needs.reads === 'file' ? command.map((part) => (part === NO_CAPABILITIES ? `${part},+dac_read_search` : part)) : command;
}

/** For a service that is not root there is no other user to change to and nothing of capabilities to give up. */
const wanted = (): Measure[] =>
  isRoot ? ['memory', 'privileges', 'capabilities', 'user', 'end'] : ['memory', 'privileges', 'end'];

function commandOf(measures: readonly Measure[], memoryBytes: number): Confinement {
  const limits = measures.includes('memory') ? ['prlimit', '--core=0', `--data=${memoryBytes}`] : [];
  const privileges = measures.filter((measure) => measure !== 'memory').flatMap((measure) => MEASURES[measure].slice(1));
  return [...limits, ...(privileges.length > 0 ? ['setpriv', ...privileges] : [])];
}

async function measuresThatWork(): Promise<ReadonlySet<Measure>> {
  if (process.platform !== 'linux') return new Set();
  const tried = await Promise.all(
    wanted().map(async (measure) => ((await works([...MEASURES[measure], 'true'])) ? [measure] : [])),
  );
  // Together, and with ffmpeg itself: another user may not be able to read it.
  for (let measures = tried.flat(); measures.length > 0;) {
    if (await works([...commandOf(measures, MEMORY_BYTES.software), 'ffmpeg', '-version'])) return new Set(measures);
    measures = measures.includes('user') ? measures.filter((measure) => measure !== 'user') : [];
  }
  return new Set();
}

async function works([program = '', ...others]: readonly string[]): Promise<boolean> {
  try {
    await run(program, others, { timeout: TRIAL_MS, killSignal: 'SIGKILL', env: environment() });
    return true;
  } catch {
    return false;
  }
}
