// `onlooker send`: frames out of files, through one stream, to the terminal. Order is kept, nothing is buffered beyond the
// credits, and the stream is closed whatever happens.
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { OnlookerStream } from '../client.js';
import type { SendFlags } from '../commands/flags.js';
import { expandPaths } from '../commands/paths.js';
import type { Service } from '../commands/service.js';
import { makeFolder } from '../terminal/make-folder.js';
import { PartlyFailed } from '../terminal/failure.js';
import { createOutput, type Output } from '../terminal/output.js';
import { jsonFormat, tableFormat } from './frame-rows.js';
import { sourceFrames, type SourceFrame } from './source-frames.js';
import { Tally } from './tally.js';

/** @throws PartlyFailed when some file or frame failed · UsageError, CommandError, ConnectionError, ServerError */
export async function send(service: Service, paths: readonly string[], flags: SendFlags, signal: AbortSignal): Promise<void> {
  const { files, leftOut } = await expandPaths(paths);
  if (flags.annotate !== undefined) makeFolder(flags.annotate);
  const client = await service.connect({ signal, reconnect: { maxAttempts: 5, maxDelayMs: 3_000 } });
  const output = createOutput();
  for (const sentence of leftOut) output.note(`onlooker: ${sentence}`);
  client.on('disconnected', ({ error }) => output.note(`onlooker: ${error.message}; trying again`));
  const tally = new Tally();
  try {
    const stream = await client.open({
      stream: flags.stream ?? `send-${randomBytes(4).toString('hex')}`,
      task: flags.task,
      send: 'frames',
      region: flags.region,
      min_face: flags.minFace,
      attributes: flags.attributes,
      // Images that have nothing to do with each other must not be judged together.
      tracking: flags.track ?? false,
    });
    await sendAll(files, stream, flags, tally, output, signal);
  } finally {
    output.close();
    await client.close();
  }
  process.stderr.write(`${tally.summary()}\n`);
  signal.throwIfAborted();
  if (tally.hasFailures) throw new PartlyFailed();
}

async function sendAll(
  files: readonly string[],
  stream: OnlookerStream,
  flags: SendFlags,
  tally: Tally,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  let total = 0;
  const frames = sourceFrames(files, {
    fps: flags.fps,
    isRealtime: flags.realtime ?? false,
    limit: flags.limit ?? Infinity,
    signal,
    onTotal: (known) => (total = known),
    onSkipped: () => tally.addSkipped(),
    onFailure(error) {
      tally.addFailure();
      output.note(`onlooker: ${error.message}`);
    },
  });
  const format = flags.json
    ? jsonFormat
    : tableFormat(
        flags.task,
        files.map((file) => basename(file)),
      );
  // Loaded when it is needed: the image library takes longer to start than all the rest.
  const pictures =
    flags.annotate === undefined ? undefined : new (await import('./picture-writer.js')).PictureWriter(flags.annotate);
  if (format.header !== undefined) await output.print(format.header);
  for await (const { input, ...answer } of stream.answers<SourceFrame>(frames)) {
    tally.add(answer);
    for (const line of format.linesOf(input, answer)) await output.print(line);
    await pictures?.write(input, answer.result);
    output.progress(tally.frames, total, 'frames');
    if (signal.aborted) return;
  }
}
