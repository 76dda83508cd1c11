// `npm run bench:attacks`: what everybody else notices of an attack. A stream of 5 frames a second is answered alone, and then beside
// each of the acts of attacks/acts.ts: how late its answers are, how many are missing, and how much memory the service takes meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { fixture } from '../test/fixtures.js';
import { Child } from './child.js';
import { ACTS, type Act } from './attacks/acts.js';
import type { Attack } from './attacks/attacker-process.js';
import type { LoadQuestion, LoadReport } from './load/load-protocol.js';
import { Material } from './material/material.js';
import { benchCommand, setting, wholeNumber, type CommonOptions } from './options.js';
import { processFigures } from './process-figures.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { Stage } from './stage.js';
import { percentile } from './statistics.js';

interface Options extends CommonOptions {
  readonly seconds: number;
  readonly only?: string;
  readonly set: Readonly<Record<string, string>>;
}
interface Row {
  readonly act: string;
  readonly sent: number;
  readonly answered: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Over what it had before the act: at worst, and once the act was over for some seconds. */
  readonly mostMiB: number;
  readonly leftMiB: number;
}

const RATE = 5;
const WARMUP_MS = 3000;
const AFTER_MS = 3000;
const LOOKS_EVERY_MS = 50;
const TARGET_P99_MS = 20;
const TARGET_MIB = 100;

const options = benchCommand('attacks', 'what a stream of 5 frames a second notices of attacks on the service')
  .option('--seconds <count>', 'length of each act', wholeNumber(1, 600), 10)
  .option('--only <text>', 'only the acts whose name holds this')
  .option('--set <NAME=VALUE>', 'a setting of the service; may be repeated', setting, {})
  .parse()
  .opts<Options>();

const material = await Material.make({});
const stage = await Stage.set(10);
const rows: Row[] = [];
try {
  const facePath = await fixture('audrey.jpg');
  for (const act of ACTS) if (act.name.includes(options.only ?? '')) rows.push(await play(act, facePath));
} finally {
  await stage.close();
  await material.close();
}
printTable(
  `A stream of ${RATE} frames a second of 720p beside attacks of ${options.seconds} s`,
  ['beside', 'answered', 'of', 'median ms', 'p99 ms', 'memory at most, MiB more', 'left after it'],
  rows.map(({ act, answered, sent, medianMs, p99Ms, mostMiB, leftMiB }) => [
    act,
    String(answered),
    String(sent),
    figure(medianMs),
    figure(p99Ms),
    figure(mostMiB),
    figure(leftMiB),
  ]),
);
print(`\ntargets: p99 at most ${TARGET_P99_MS} ms more than beside nothing, memory at most ${TARGET_MIB} MiB more`);
await writeResult(options.name, options, { targetP99Ms: TARGET_P99_MS, targetMiB: TARGET_MIB, acts: rows });

/** Each act meets a service of its own, so that none pays for what another left. */
async function play({ name, isKeyed = false }: Act, facePath: string): Promise<Row> {
  note(name);
  const service = await stage.start(options.set, { isKeyed });
  const probe = new Child<LoadQuestion, LoadReport | null>(new URL('./load/generator-process.js', import.meta.url));
  const attacker = new Child<Attack, null>(new URL('./attacks/attacker-process.js', import.meta.url));
  try {
    await probe.ask({ kind: 'start', url: service.url, folder: material.folder, rates: [RATE], fields: {} });
    await sleep(WARMUP_MS);
    const beforeMiB = processFigures(service.pid).residentMiB;
    let mostMiB = 0;
    const looking = setInterval(() => {
      mostMiB = Math.max(mostMiB, processFigures(service.pid).residentMiB - beforeMiB);
    }, LOOKS_EVERY_MS);
    await probe.ask({ kind: 'mark' });
    const scene = { url: service.url, wsUrl: service.wsUrl, facePath };
    await attacker.ask({ name, seconds: options.seconds, scene });
    const report = await probe.ask({ kind: 'stop' });
    clearInterval(looking);
    await sleep(AFTER_MS);
    const leftMiB = processFigures(service.pid).residentMiB - beforeMiB;
    return { act: name, ...figuresOf(report), mostMiB, leftMiB };
  } finally {
    await attacker.close();
    await probe.close();
    await stage.stop(service);
  }
}

function figuresOf(report: LoadReport | null): Pick<Row, 'sent' | 'answered' | 'medianMs' | 'p99Ms'> {
  const [stream] = report?.streams ?? [];
  if (stream === undefined) throw new Error('the stream beside the attack has no report');
  const { latencyMs } = stream.answered;
  const lost = Object.values(stream.lost).reduce((sum, count) => sum + count, 0);
  return {
    sent: latencyMs.length + lost,
    answered: latencyMs.length,
    medianMs: percentile(latencyMs, 0.5),
    p99Ms: percentile(latencyMs, 0.99),
  };
}
