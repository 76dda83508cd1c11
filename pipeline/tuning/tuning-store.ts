// What was measured on this machine, kept in the cache of the models: it can be measured again at any time, so a file that
// is missing, damaged, of another version or machine, or beyond all bounds is simply no answer. Keyed by models, provider and machine.
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../../models/make-folder.js';
import { FAMILY_KINDS } from '../../models/family.js';
import type { PreparedPack } from '../../models/prepared.js';
import type { Provider } from '../lanes/lane-protocol.js';
import { MOST, type Capacity, type LanePlan } from './lane-plan.js';
import type { MachineCosts } from './machine-costs.js';

/** Changes when what is measured, or how, does: older files are measured anew. */
const VERSION = 3;
const FOLDER = 'tuning';

const ms = z.number().nonnegative();
const someMs = z.number().positive();
const upTo = (most: number) => z.int().min(1).max(most);
const MODELS = 3;
/** More than are ever measured of a model, or tried out. */
const MOST_KEPT = 64;
const runSchema = z.object({ batch: upTo(MOST.maxBatch), threads: upTo(MOST.threads), lanes: upTo(MOST.lanes), ms });
const planSchema = z.object({
  lanes: upTo(MOST.lanes),
  threads: upTo(MOST.threads),
  preprocessWorkers: upTo(MOST.preprocessWorkers),
  maxBatch: upTo(MOST.maxBatch),
  fillMs: ms.max(MOST.fillMs),
});
const servedSchema = z.object({ framesPerSecond: z.number().nonnegative(), p95Ms: ms });
/** One arrangement that was tried out, and what it served: with every face embedded, and with faces followed. */
const trialSchema = z.object({ plan: planSchema, everyFace: servedSchema, followed: servedSchema });
const modelSchema = z.object({
  id: z.string(),
  kind: z.enum(FAMILY_KINDS),
  runs: z.array(runSchema).max(MOST_KEPT),
});
const tuningSchema = z.object({
  version: z.literal(VERSION),
  /** ISO 8601. */
  measuredAt: z.iso.datetime(),
  machine: z.string(),
  costs: z.object({
    provider: z.enum(['cpu', 'cuda', 'tensorrt', 'webgpu']),
    cores: upTo(MOST.lanes),
    models: z.array(modelSchema).max(MODELS),
    lookMs: someMs,
    glanceMs: someMs,
  }),
  /** Of so many frames of a followed stream one is looked at, in plan, capacity and trials. */
  lookEvery: z.int().positive(),
  plan: planSchema,
  /** Frames a second by calculation. */
  capacity: z.object({ everyFace: z.number().positive(), followed: z.number().positive() }),
  /** Present after `onlooker tune`, which tries arrangements out. */
  trials: z.array(trialSchema).max(MOST_KEPT).optional(),
});

export interface Trial {
  readonly plan: LanePlan;
  readonly everyFace: Served;
  readonly followed: Served;
}
/** What went through, and how late it was at four fifths of that. */
export interface Served {
  readonly framesPerSecond: number;
  readonly p95Ms: number;
}
export interface Tuning {
  readonly version: typeof VERSION;
  readonly measuredAt: string;
  readonly machine: string;
  readonly costs: MachineCosts;
  readonly lookEvery: number;
  readonly plan: LanePlan;
  readonly capacity: Capacity;
  readonly trials?: readonly Trial[] | undefined;
}

/** The processor as it names itself, and how many of its cores are ours. */
export function machineName(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'} x ${availableParallelism()}`;
}

export function newTuning(measured: Omit<Tuning, 'version' | 'measuredAt' | 'machine'>): Tuning {
  return { version: VERSION, measuredAt: new Date().toISOString(), machine: machineName(), ...measured };
}

/** @returns null where nothing was kept, or nothing that can be used: such as what another machine left in a folder that both mount */
export async function loadTuning(modelsDir: string, pack: PreparedPack, provider: Provider): Promise<Tuning | null> {
  try {
    const kept = tuningSchema.safeParse(JSON.parse(await readFile(fileOf(modelsDir, pack, provider), 'utf8')));
    if (!kept.success) return null;
    const { machine, costs } = kept.data;
    return machine === machineName() && costs.provider === provider ? kept.data : null;
  } catch {
    return null;
  }
}

/** @throws Error of the file system, for a cache that is only to be read */
export async function saveTuning(modelsDir: string, pack: PreparedPack, tuning: Tuning): Promise<void> {
  const file = fileOf(modelsDir, pack, tuning.costs.provider);
  makeFolder(join(modelsDir, FOLDER));
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await writeFile(unfinished, `${JSON.stringify(tuning, null, 2)}\n`);
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function fileOf(modelsDir: string, pack: PreparedPack, provider: Provider): string {
  const models = FAMILY_KINDS.map((kind) => pack[kind]?.sha256 ?? null);
  const key = JSON.stringify([models, provider, machineName(), process.versions.node.split('.')[0]]);
  return join(modelsDir, FOLDER, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
}
