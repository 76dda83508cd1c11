// `onlooker evaluate`: pictures of which the truth is known through the service, figures out, and an exit code that says whether they
// are good enough.
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Service } from '../commands/service.js';
import { CommandError, PartlyFailed } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { formatTable, shown } from '../terminal/table.js';
import { writeWhole } from '../terminal/whole-file.js';
import { drift, type Outcome } from './figures.js';
import { broken, type Limit } from './limits.js';
import { htmlOf, numberText } from './report.js';
import { classify, identify, verify, type Evaluate, type EvaluationFlags } from './tasks.js';

export interface EvaluateFlags extends EvaluationFlags {
  readonly task: keyof typeof TASKS;
  /** An outcome that `--save` wrote. */
  readonly baseline?: string;
  readonly save?: string;
  readonly report?: string;
  readonly limit: readonly Limit[];
  readonly json?: true;
}

const TASKS = { classify, verify, identify } as const satisfies Readonly<Record<Outcome['task'], Evaluate>>;

const outcomeSchema = z.object({
  task: z.enum(['classify', 'verify', 'identify']),
  model: z.string(),
  at: z.number(),
  figures: z.record(z.string(), z.number().nullable()),
  scores: z.array(z.number()),
  told: z.record(z.string(), z.number()),
});

/** @throws PartlyFailed where a limit is not kept or a picture could not be asked about · CommandError, ConnectionError, ServerError */
export async function evaluate(service: Service, flags: EvaluateFlags, signal: AbortSignal): Promise<void> {
  const before = flags.baseline === undefined ? null : await outcomeIn(flags.baseline, flags.task);
  const output = createOutput();
  try {
    const progress = (done: number, of: number): void => output.progress(done, of, 'pictures');
    const { outcome, page, failed } = await TASKS[flags.task](service.http(signal), flags, progress);
    const figures = { ...outcome.figures, ...(before === null ? {} : drift(before, outcome)) };
    const tooFar = broken(flags.limit, figures);
    if (flags.save !== undefined) await write(flags.save, `${JSON.stringify(outcome, null, 2)}\n`, signal);
    if (flags.report !== undefined) {
      const title = `${flags.task}: ${outcome.model}`;
      await write(flags.report, await htmlOf({ title, figures, broken: tooFar, ...page }), signal);
    }
    if (flags.json) await output.print(JSON.stringify({ ...outcome, figures, failed: failed.length, broken: tooFar }));
    else {
      const rows = Object.entries(figures).map(([name, value]) => [name, numberText(value)]);
      await output.print(formatTable(['FIGURE', shown(outcome.model)], rows));
    }
    for (const line of failed) output.note(`left out: ${shown(line)}`);
    for (const line of tooFar) output.note(`onlooker: ${line}`);
    if (failed.length > 0 || tooFar.length > 0) throw new PartlyFailed();
  } finally {
    output.close();
  }
}

async function outcomeIn(path: string, task: Outcome['task']): Promise<Outcome> {
  let found: unknown;
  try {
    found = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    throw new CommandError(`${path} is no file that \`onlooker evaluate --save\` wrote`);
  }
  const outcome = outcomeSchema.safeParse(found);
  if (!outcome.success) throw new CommandError(`${path} is no file that \`onlooker evaluate --save\` wrote`);
  if (outcome.data.task !== task) throw new CommandError(`${path} is of the task ${outcome.data.task}, not of ${task}`);
  return outcome.data;
}

async function write(path: string, text: string, signal: AbortSignal): Promise<void> {
  try {
    await writeWhole(path, Readable.from([text]), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new CommandError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? ''})`);
  }
}
