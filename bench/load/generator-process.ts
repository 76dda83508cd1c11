// The load generator's process: cameras that speak through the real client library, each on a connection of its own.
// It measures from outside, as a user would, and shares nothing with the service but the socket.
import { constants, setPriority } from 'node:os';
import { WebSocket } from 'ws';
import { OnlookerClient, type FrameResult, type OnlookerStream } from '../../clients/client.js';
import { answerParent } from '../child.js';
import { loadFrames } from '../material/material.js';
import type { AnsweredFrame, LoadQuestion, LoadReport, Loop } from './load-protocol.js';

/** Masks with zeros, which `ws` then leaves out: real cameras mask on processors of their own. */
class UnmaskedSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { generateMask: (mask) => mask.fill(0), perMessageDeflate: false });
  }
}

interface Camera {
  readonly client: OnlookerClient;
  readonly stream: OnlookerStream<'faces'>;
  readonly sending: Promise<void>;
}

let cameras: Camera[] = [];
let isSending = false;
let answered: AnsweredFrame[] = [];
let others: Record<string, number> = {};
let worstLagMs = 0;
let cpuAtMark = process.cpuUsage();

try {
  // Cameras are other machines and keep their own time: here they come before the service, where the system lets them.
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  // Without the right to it, a generator that is late shows in its report.
}
answerParent(answer, async () => {
  isSending = false;
  await Promise.all(cameras.map(({ client }) => client.close()));
});

async function answer(question: LoadQuestion): Promise<LoadReport | null> {
  switch (question.kind) {
    case 'start':
      await start(question.url, question.folder, question.streams, question.loop);
      return null;
    case 'mark':
      mark();
      return null;
    case 'stop':
      return stop();
  }
}

async function start(url: string, folder: string, streams: number, loop: Loop): Promise<void> {
  const frames = await loadFrames(folder);
  const opened = await Promise.all(
    Array.from({ length: streams }, async (_, index) => {
      const client = await OnlookerClient.connect(url, { reconnect: false, WebSocket: UnmaskedSocket });
      return { client, stream: await client.open({ stream: `bench-${index}`, task: 'faces', send: 'frames' }) };
    }),
  );
  isSending = true;
  const startMs = performance.now();
  cameras = opened.map(({ client, stream }, index) => {
    // Cameras do not show the same at the same time, nor do they tick together.
    const offset = Math.floor((index * frames.length) / streams);
    const shown = (count: number): Buffer => frames[(count + offset) % frames.length] ?? Buffer.of();
    const intervalMs = loop.kind === 'open' ? (1000 * streams) / loop.framesPerSecond : 0;
    const firstMs = startMs + (index * intervalMs) / streams;
    const sending = loop.kind === 'open' ? sendAtRate(stream, shown, firstMs, intervalMs) : sendWithinCredits(stream, shown);
    return { client, stream, sending };
  });
}

function mark(): void {
  answered = [];
  others = {};
  worstLagMs = 0;
  cpuAtMark = process.cpuUsage();
}

async function stop(): Promise<LoadReport> {
  isSending = false;
  const { user, system } = process.cpuUsage(cpuAtMark);
  await Promise.all(cameras.map(({ sending }) => sending));
  const accounts = await Promise.all(
    cameras.map(async ({ stream }) => {
      const service = await stream.close();
      return { client: stream.counts, service };
    }),
  );
  await Promise.all(cameras.map(({ client }) => client.close()));
  cameras = [];
  return { answered, others, accounts, cpuMs: (user + system) / 1000, worstLagMs };
}

function record(result: FrameResult<'faces'>, sinceMs: number): void {
  if (result.status === 'ok') {
    answered.push({ latencyMs: performance.now() - sinceMs, faces: result.faces.length, timing: result.timing });
    return;
  }
  const why = result.status === 'dropped' ? result.reason : result.code;
  others[why] = (others[why] ?? 0) + 1;
}

async function sendWithinCredits(stream: OnlookerStream<'faces'>, shown: (count: number) => Buffer): Promise<void> {
  function* frames() {
    for (let count = 0; isSending; count++) yield { image: shown(count), sentAtMs: performance.now() };
  }
  for await (const { input, result } of stream.answers(frames())) {
    if (result !== undefined) record(result, input.sentAtMs);
  }
}

/** Sends each frame when it is due, with a credit or without. */
async function sendAtRate(
  stream: OnlookerStream<'faces'>,
  shown: (count: number) => Buffer,
  firstMs: number,
  intervalMs: number,
): Promise<void> {
  for (let count = 0; isSending;) {
    const dueMs = firstMs + count * intervalMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      continue;
    }
    worstLagMs = Math.max(worstLagMs, -waitMs);
    // What is lost with the connection shows in the accounts, which must add up.
    stream.send(shown(count), { force: true }).then(
      (result) => record(result, dueMs),
      () => undefined,
    );
    count++;
    // A generator that is behind must still read its answers.
    if (count % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
