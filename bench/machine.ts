// Where a result comes from, and what else went on there: figures taken while others used the processor are not to be
// trusted, and the tables say so.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MEASURED_PACKAGES = ['onnxruntime-node', 'uWebSockets.js', 'sharp', '@julusian/jpeg-turbo', 'piscina', 'msgpackr', 'ws'];
/** What others may use of the processor, and what the hypervisor may take, before a row is marked; parts of the whole. */
const MOST_BY_OTHERS = 0.05;
const MOST_STOLEN = 0.02;
/** /proc/stat counts in hundredths of a second on every Linux that Node runs on. */
const MS_PER_TICK = 10;

/** Machine, versions and commit, as they stand in every result. */
export function machine(): object {
  const { version, dependencies, optionalDependencies } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
  };
  const versions = { ...dependencies, ...optionalDependencies };
  return {
    date: new Date().toISOString(),
    commit: commit(),
    version,
    node: process.version,
    packages: Object.fromEntries(MEASURED_PACKAGES.map((name) => [name, versions[name]])),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      platform: `${process.platform} ${release()} ${process.arch}`,
    },
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=10'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** How the machine's processor time was spent during a measurement, as parts of all there was. */
export interface MachineShare {
  /** Used by processes that are not the benchmark's. */
  readonly others: number;
  readonly stolen: number;
  readonly isTrustworthy: boolean;
}

interface ProcessorTimes {
  readonly totalMs: number;
  readonly idleMs: number;
  readonly stolenMs: number;
}

/** Null where there is no /proc/stat. */
export function processorTimes(): ProcessorTimes | null {
  let line: string;
  try {
    line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  } catch {
    return null;
  }
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, stolen = 0] = line
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) * MS_PER_TICK);
  return { totalMs: user + nice + system + idle + ioWait + irq + softIrq + stolen, idleMs: idle + ioWait, stolenMs: stolen };
}

/** @param ownMs processor time of the benchmark's own processes in between */
export function machineShare(before: ProcessorTimes | null, after: ProcessorTimes | null, ownMs: number): MachineShare | null {
  if (before === null || after === null) return null;
  const total = after.totalMs - before.totalMs;
  const stolen = (after.stolenMs - before.stolenMs) / total;
  const busyMs = total - (after.idleMs - before.idleMs) - (after.stolenMs - before.stolenMs);
  const others = Math.max(0, (busyMs - ownMs) / total);
  return { others, stolen, isTrustworthy: others <= MOST_BY_OTHERS && stolen <= MOST_STOLEN };
}

/** For the last column of a table. */
export function trust(share: MachineShare | null): string {
  if (share === null) return 'unknown';
  if (share.isTrustworthy) return 'yes';
  return `NO: others ${Math.round(share.others * 100)} %, stolen ${Math.round(share.stolen * 100)} %`;
}
