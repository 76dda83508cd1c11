// The load generator's process: cameras, each on a connection of its own, as sending-stream.ts has them. It measures from
// outside, as a user would, and shares nothing with the service but the socket.
import { constants, setPriority } from 'node:os';
import { answerParent } from '../child.js';
import { cameraShow, loadReels } from '../material/reel.js';
import { LoadBook } from './load-book.js';
import type { LoadQuestion, LoadReport, Rate } from './load-protocol.js';
import { SendingStream } from './sending-stream.js';

interface Camera {
  readonly stream: SendingStream;
  readonly book: LoadBook;
  readonly sending: Promise<void>;
}

/** A generator that is behind sends so many frames of a stream before it reads its answers again. */
const MOST_AT_ONCE = 4;

let cameras: Camera[] = [];
let isSending = false;
let worstLagMs = 0;
let marked = { cpu: process.cpuUsage(), atMs: 0, sent: 0 };

try {
  // Cameras are other machines and keep their own time: here they come before the service, where the system lets them.
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  // Without the right to it, a generator that is late shows in its report.
}
answerParent(answer, async () => {
  isSending = false;
  await Promise.all(cameras.map(({ stream }) => stream.cut()));
});

async function answer(question: LoadQuestion): Promise<LoadReport | null> {
  switch (question.kind) {
    case 'start':
      await start(question);
      return null;
    case 'mark':
      mark();
      return null;
    case 'stop':
      return stop();
  }
}

async function start({ url, folder, rates, fields }: Extract<LoadQuestion, { kind: 'start' }>): Promise<void> {
  const reels = await loadReels(folder);
  const opened = await Promise.all(
    rates.map(async (_, index) => {
      const book = new LoadBook();
      const stream = await SendingStream.open({
        url,
        stream: `bench-${index}`,
        fields: { task: 'faces', send: 'frames', ...fields },
        onResult: (result, dueMs) => book.note(result, dueMs, performance.now()),
      });
      return { stream, book };
    }),
  );
  isSending = true;
  const startMs = performance.now();
  cameras = opened.map(({ stream, book }, index) => {
    const show = cameraShow(reels, index, rates.length);
    const rate: Rate = rates[index] ?? null;
    if (rate === null) return { stream, book, sending: sendWithinCredits(stream, show) };
    // Cameras do not tick together.
    const intervalMs = 1000 / rate;
    const firstMs = startMs + (index * intervalMs) / rates.length;
    return { stream, book, sending: sendAtRate(stream, show, firstMs, intervalMs) };
  });
}

function mark(): void {
  worstLagMs = 0;
  const atMs = performance.now();
  for (const { book } of cameras) book.mark(atMs);
  marked = { cpu: process.cpuUsage(), atMs, sent: framesSent() };
}

async function stop(): Promise<LoadReport> {
  isSending = false;
  const { user, system } = process.cpuUsage(marked.cpu);
  const atMs = performance.now();
  for (const { book } of cameras) book.stop(atMs);
  const sent = framesSent() - marked.sent;
  await Promise.all(cameras.map(({ sending }) => sending));
  const streams = await Promise.all(
    cameras.map(async ({ stream, book }) => {
      const service = await stream.close();
      return { ...book.figures, heldBack: stream.heldBack, client: stream.account, service };
    }),
  );
  cameras = [];
  return { streams, measuredMs: atMs - marked.atMs, cpuMs: (user + system) / 1000, framesSent: sent, worstLagMs };
}

function framesSent(): number {
  return cameras.reduce((sum, { stream }) => sum + stream.account.received, 0);
}

async function sendWithinCredits(stream: SendingStream, show: (count: number) => Buffer): Promise<void> {
  for (let count = 0; isSending && stream.isOpen; count++) {
    stream.send(show(count), performance.now());
    await stream.credit();
  }
}

/** Sends each frame when it is due, with a credit or without. */
async function sendAtRate(
  stream: SendingStream,
  show: (count: number) => Buffer,
  firstMs: number,
  intervalMs: number,
): Promise<void> {
  for (let count = 0; isSending && stream.isOpen;) {
    const dueMs = firstMs + count * intervalMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      continue;
    }
    worstLagMs = Math.max(worstLagMs, -waitMs);
    stream.send(show(count), dueMs);
    count++;
    if (count % MOST_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
