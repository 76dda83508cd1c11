// `npm run bench:http`: single images over HTTP, a thousand requests, ten at a time, as `ab -n 1000 -c 10` measures it. Every image
// is another one, so that nothing is answered from memory; with `--cache` also the same image again and again.
import { Agent } from 'node:http';
import { barChart } from './chart/chart.js';
import { numberedImage } from './http/numbered-image.js';
import { sendAll } from './http/send-all.js';
import { serviceFigures } from './load/service-figures.js';
import { machineShare, processorTimes, trust } from './machine.js';
import { Material } from './material/material.js';
import { loadReels } from './material/reel.js';
import {
  benchCommand,
  wholeNumber,
  withMaterial,
  withQuick,
  withService,
  withTarget,
  type MaterialOptions,
  type QuickOptions,
  type ServiceOptions,
  type TargetOptions,
} from './options.js';
import { figure, note, printForDocs, printTable, writeChart, writeResult } from './report.js';
import { serviceUnderTest, type ServiceUnderTest } from './stage.js';
import { summaryOf } from './statistics.js';

interface Options extends ServiceOptions, MaterialOptions, TargetOptions, QuickOptions {
  readonly requests?: number;
  readonly concurrency: number;
  readonly keepAlive: boolean;
  readonly cache: boolean;
}

const TASKS = ['identify', 'detect', 'embed'] as const;
type Task = (typeof TASKS)[number];
const CACHE_MB = '64';
const WARMUP_REQUESTS = 20;

const command = withQuick(
  withTarget(withMaterial(withService(benchCommand('http', 'single images over HTTP, so many at a time')))),
);
const options = command
  .option('--requests <count>', 'for each address (default: 1000, quick: 300)', wholeNumber(1, 1_000_000))
  .option('--concurrency <count>', 'at a time', wholeNumber(1, 1000), 10)
  .option('--no-keep-alive', 'a connection for each request, as `ab` has it without -k')
  .option('--cache', `also the same image again and again, with a cache of ${CACHE_MB} MB (ONLOOKER_CACHE_MB)`, false)
  .parse()
  .opts<Options>();

const requests = options.requests ?? (options.quick ? 300 : 1000);
const material = await Material.make(options);
const images = (await loadReels(material.folder)).flatMap(({ frames }) => frames);
let sent = 0;
try {
  const another = (): Buffer => numberedImage(images[sent % images.length] ?? Buffer.of(), sent++);
  const rows = await withServiceOf({}, async (service) => {
    const measured = [];
    for (const task of TASKS) measured.push(await measure(service, task, task, another));
    return measured;
  });
  if (options.cache) {
    const same = images[0] ?? Buffer.of();
    const repeated = (service: ServiceUnderTest) => measure(service, 'identify', 'identify, same image', () => same);
    rows.push(await withServiceOf({ ONLOOKER_CACHE_MB: CACHE_MB }, repeated));
  }
  await report(rows);
} finally {
  await material.close();
}

async function withServiceOf<T>(
  settings: Readonly<Record<string, string>>,
  use: (service: ServiceUnderTest) => Promise<T>,
): Promise<T> {
  const service = await serviceUnderTest({ ...options, set: { ...options.set, ...settings } });
  try {
    return await use(service);
  } finally {
    await service.close();
  }
}

async function measure({ url, provider }: ServiceUnderTest, task: Task, name: string, nextImage: () => Buffer) {
  note(`${requests} requests to ${name}`);
  const agent = new Agent({ keepAlive: options.keepAlive, maxSockets: options.concurrency });
  try {
    const next = () => ({ headers: { 'content-type': 'image/jpeg' }, body: nextImage() });
    const sending = { address: new URL(`/v1/${task}`, url), agent, concurrency: options.concurrency, next };
    await sendAll({ ...sending, count: WARMUP_REQUESTS });
    const before = { figures: await serviceFigures(url), times: processorTimes(), cpu: process.cpuUsage() };
    const startMs = performance.now();
    const outcomes = await sendAll({ ...sending, count: requests });
    const seconds = (performance.now() - startMs) / 1000;
    const own = process.cpuUsage(before.cpu);
    const cpuMs = (await serviceFigures(url)).cpuMs - before.figures.cpuMs;
    const clientCpuMs = (own.user + own.system) / 1000;
    const answered = outcomes.filter(({ status }) => status === 200);
    return {
      name,
      provider,
      requests,
      failed: outcomes.length - answered.length,
      requestsPerSecond: answered.length / seconds,
      latencyMs: summaryOf(answered.map(({ latencyMs }) => latencyMs)),
      cpuMsPerRequest: cpuMs / outcomes.length,
      clientCpuMsPerRequest: clientCpuMs / outcomes.length,
      share: machineShare(before.times, processorTimes(), cpuMs + clientCpuMs),
    };
  } finally {
    agent.destroy();
  }
}

async function report(rows: readonly Awaited<ReturnType<typeof measure>>[]): Promise<void> {
  printTable(
    `${requests} requests, ${options.concurrency} at a time${options.keepAlive ? '' : ', a connection each'}`,
    ['address', 'provider', 'requests/s', 'p50 ms', 'p90', 'p95', 'p99', 'max', 'failed', 'CPU-ms', 'client CPU-ms', 'quiet?'],
    rows.map(({ name, provider, requestsPerSecond, latencyMs, failed, cpuMsPerRequest, clientCpuMsPerRequest, share }) => [
      name,
      provider,
      figure(requestsPerSecond),
      figure(latencyMs.median),
      figure(latencyMs.p90),
      figure(latencyMs.p95),
      figure(latencyMs.p99),
      figure(latencyMs.max),
      String(failed),
      figure(cpuMsPerRequest),
      figure(clientCpuMsPerRequest),
      trust(share),
    ]),
  );
  printForDocs(
    ['', 'requests a second', 'p50 ms', 'p95', 'p99', 'max', 'failed'],
    rows.map(({ name, requestsPerSecond, latencyMs: { median, p95, p99, max }, failed }) => [
      name,
      figure(requestsPerSecond, 0),
      ...[median, p95, p99, max].map((ms) => figure(ms, 0)),
      String(failed),
    ]),
  );
  await writeChart(
    options.name,
    barChart({
      title: `Single images over HTTP, ${options.concurrency} at a time`,
      yLabel: 'ms',
      groups: rows.map(({ name }) => name),
      series: [
        { name: 'p50', values: rows.map(({ latencyMs }) => latencyMs.median) },
        { name: 'p95', values: rows.map(({ latencyMs }) => latencyMs.p95) },
        { name: 'p99', values: rows.map(({ latencyMs }) => latencyMs.p99) },
      ],
    }),
  );
  await writeResult(options.name, options, { requests, rows });
}
