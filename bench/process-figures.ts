// What Linux says of a process and of its children: processor time, memory, descriptors. Reads /proc and nothing else.
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessFigures {
  /** Of the process alone, all threads. */
  readonly cpuMs: number;
  readonly residentMiB: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly children: number;
  /** Children that have ended and were not waited for. */
  readonly zombies: number;
  /** Of the children that are there now, together. */
  readonly childrenCpuMs: number;
  readonly childrenResidentMiB: number;
}

/** /proc counts in hundredths of a second and pages of 4 KiB on every Linux that Node runs on for servers. */
const MS_PER_TICK = 10;
const PAGES_PER_MIB = 256;
const KIB_PER_MIB = 1024;

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly threads: number;
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** @throws Error when there is no such process, or no /proc */
export function processFigures(pid: number): ProcessFigures {
  const own = statOf(String(pid));
  if (own === null) throw new Error(`no process ${pid}`);
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((stat): stat is Stat => stat?.parent === pid);
  return {
    cpuMs: own.cpuMs,
    residentMiB: own.residentMiB,
    threads: own.threads,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    children: children.length,
    zombies: children.filter(({ state }) => state === 'Z').length,
    childrenCpuMs: children.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    childrenResidentMiB: children.reduce((sum, { residentMiB }) => sum + residentMiB, 0),
  };
}

/** Memory with what is shared with other processes counted in part; null where the system does not tell, or not to us. */
export function proportionalMiB(pid: number): number | null {
  try {
    const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) / KIB_PER_MIB;
  } catch {
    return null;
  }
}

/** Null when it is gone. */
function statOf(pid: string): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // Its second field is the program's name in brackets, which may hold spaces; numbering is that of proc(5), from 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    state: fields[0] ?? '',
    parent: field(4),
    threads: field(20),
    cpuMs: (field(14) + field(15)) * MS_PER_TICK,
    residentMiB: field(24) / PAGES_PER_MIB,
  };
}
