// `onlooker tune`: measures this machine thoroughly, tries out what may be best on it, and explains in tables what the
// service will run with. To be run while nothing else does.
import { Command } from 'commander';
import Table from 'cli-table3';
import type { Provider } from '../../pipeline/lanes/lane-protocol.js';
import type { LanePlan } from '../../pipeline/tuning/lane-plan.js';
import type { Tuning } from '../../pipeline/tuning/tuning-store.js';
import { loadConfig } from '../config.js';
import { pipelineOptions } from '../pipeline-settings.js';
import { machineTuning, sustained } from '../machine-tuning.js';
import { reportingErrors } from './report-errors.js';

interface TuneFlags {
  readonly json?: true;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${line}\n`);
const figure = (value: number, digits = 1): string => value.toFixed(digits);

export function tuneCommand(): Command {
  return new Command('tune')
    .description('measure this machine and choose lanes, threads and batch sizes by that; kept for every later start')
    .option('--json', 'print the measurement as JSON')
    .action(reportingErrors(run));
}

async function run({ json }: TuneFlags): Promise<void> {
  const { settings, notes } = loadConfig();
  notes.forEach(note);
  const { preparePack } = await import('../../models/pack.js');
  const { tune } = await import('../../pipeline/tuning/tune.js');
  const { sampleFaces } = await import('../../pipeline/tasks/faces/sample-faces.js');
  const { startableProvider } = await import('../../pipeline/lanes/startable-provider.js');
  const { modelsDir: cacheDir, pack: name, offline } = settings;
  const pack = await preparePack({ pack: name, cacheDir, offline, onWarning: note });
  const provider: Provider = await startableProvider(settings.provider);
  const pipeline = pipelineOptions(settings, pack);
  const task = sampleFaces(pipeline);
  const tuning = await tune({ modelsDir: cacheDir, pipeline, provider, task, onStep: note });
  if (json) print(JSON.stringify(machineTuning(tuning), null, 2));
  else explain(tuning);
}

function explain(tuning: Tuning): void {
  const { costs, plan, trials = [], machine } = tuning;
  print(`${machine}, provider ${costs.provider}`);
  const curves = new Table({ head: ['model', 'threads', 'at once', ...batchesOf(tuning).map((batch) => `batch ${batch}`)] });
  for (const { id, runs } of costs.models) {
    for (const { threads, lanes } of runs.filter(({ batch }) => batch === 1)) {
      const each = batchesOf(tuning).map((batch) => {
        const found = runs.find((one) => one.batch === batch && one.threads === threads);
        return found === undefined ? '' : figure(found.ms / batch, 2);
      });
      curves.push([id, String(threads), String(lanes), ...each]);
    }
  }
  print(`\nms a frame or face, by batch\n${curves.toString()}`);
  print(`decoding a 1280x720 JPEG to look at it: ${figure(costs.lookMs)} ms, for a glance: ${figure(costs.glanceMs)} ms`);

  const tried = new Table({
    head: [
      'lanes',
      'threads',
      'decoding',
      'batch',
      'fill ms',
      'every face: frames/s',
      'p95 ms',
      'followed: frames/s',
      'p95 ms',
      '',
    ],
  });
  for (const trial of trials) {
    tried.push([
      ...sizes(trial.plan),
      figure(trial.everyFace.framesPerSecond),
      figure(trial.everyFace.p95Ms, 0),
      figure(trial.followed.framesPerSecond),
      figure(trial.followed.p95Ms, 0),
      JSON.stringify(trial.plan) === JSON.stringify(plan) ? 'chosen' : '',
    ]);
  }
  print(`\nwhat went through, and p95 at four fifths of that\n${tried.toString()}`);
  const { followed, every_face: everyFace } = sustained(tuning);
  print(
    `\nThis machine sustains ${followed.streams} streams of 25 frames a second with faces followed (p95 ${followed.p95_ms ?? '?'} ms), ` +
      `or ${everyFace.streams} with every face of every frame embedded (p95 ${everyFace.p95_ms ?? '?'} ms).`,
  );
}

function batchesOf({ costs }: Tuning): number[] {
  return [...new Set(costs.models.flatMap(({ runs }) => runs.map(({ batch }) => batch)))].sort((a, b) => a - b);
}

function sizes({ lanes, threads, preprocessWorkers, maxBatch, fillMs }: LanePlan): string[] {
  return [lanes, threads, preprocessWorkers, maxBatch, fillMs].map(String);
}
