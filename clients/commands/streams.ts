// `onlooker streams`: its subcommands and their options. What they do is loaded when they run.
import { Command } from 'commander';
import { addPictureOptions, addStreamOptions, STREAM_FIELDS, type StreamFlags } from './stream-options.js';
import { addServiceOptions, runOnService } from './service-options.js';
import type { ServiceFlags } from './flags.js';
import type { Service } from './service.js';
import { streamId } from './values.js';

interface CommonFlags extends ServiceFlags {
  readonly json?: true;
}
const load = () => import('../streams/streams.js');
const STREAM_ID = 'id of the stream';

export function streamsCommand(): Command {
  const streams = new Command('streams').description('cameras that the service watches by itself, and what it sees there');
  const command = (name: string, description: string) => addServiceOptions(streams.command(name).description(description));
  const run = (
    flags: CommonFlags,
    work: (module: Awaited<ReturnType<typeof load>>, service: Service, signal: AbortSignal) => Promise<void>,
  ) => runOnService(flags, async (service, signal) => work(await load(), service, signal));

  addServiceOptions(streams.command('list', { isDefault: true }))
    .description('list all of them (also what `onlooker streams` alone does)')
    .option('--json', 'print one JSON object for each stream')
    .action((flags: CommonFlags) => run(flags, (module, service, signal) => module.listStreams(service, flags, signal)));

  addStreamOptions(command('add', 'register a camera: the service watches it from now on, also after a restart'))
    .argument('<id>', 'id that it is to have: 1 to 64 of A-Z a-z 0-9 . _ -', streamId)
    .argument('<address>', 'rtsp://, rtsps://, http://, https:// (MJPEG or a still) or media:FILE; - reads it from stdin')
    .option('--disabled', 'register it, but do not watch it yet')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  onlooker streams add door rtsp://192.168.1.20/stream1 --fps 5
  pass cameras/door | onlooker streams add door -     (keeps a password out of the shell's history)
  onlooker streams add film media:door.mp4 --loop
  onlooker streams add yard http://192.168.1.21/snap.jpg --rotate 180     (hangs upside down)

Passwords in addresses are never shown again: the service tells them as ***.`,
    )
    .action((id: string, address: string, flags: CommonFlags & StreamFlags & { readonly disabled?: true }) =>
      run(flags, (module, service, signal) => module.addStream(service, id, address, flags, signal)),
    );
  addPictureOptions(command('test', 'open an address once and tell what is there, without registering it'))
    .argument('<address>', 'as of `add`; - reads it from stdin')
    .argument('[file]', 'where its first picture goes, as a JPEG; - for stdout')
    .option('--stream <id>', 'a registered stream whose password *** in the address stands for', streamId)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  onlooker streams test rtsp://192.168.1.20/stream1
  onlooker streams test http://192.168.1.21/snap.jpg upright.jpg --rotate 180`,
    )
    .action((address: string, file: string | undefined, flags: CommonFlags & StreamFlags & { readonly stream?: string }) =>
      run(flags, (module, service, signal) => module.testAddress(service, address, file, flags, signal)),
    );
  command('show', 'show a stream: its settings, what it is doing, what it has sent')
    .argument('<id>', STREAM_ID, streamId)
    .option('--json', 'print JSON')
    .action((id: string, flags: CommonFlags) =>
      run(flags, (module, service, signal) => module.showStream(service, id, flags, signal)),
    );
  addStreamOptions(command('change', 'change settings of a stream; what is not named stays'))
    .argument('<id>', STREAM_ID, streamId)
    .option('--address <address>', 'its new address; - reads it from stdin; *** keeps a password that is known')
    .option('--default <names>', `put these back to their defaults, e.g. fps,region; of ${Object.keys(STREAM_FIELDS).join(', ')}`)
    .option('--json', 'print JSON')
    .action((id: string, flags: CommonFlags & StreamFlags & { readonly address?: string; readonly default?: string }) =>
      run(flags, (module, service, signal) => module.changeStream(service, id, flags, signal)),
    );
  for (const [name, isEnabled, description] of [
    ['enable', true, 'watch streams (again)'],
    ['disable', false, 'stop watching streams; they stay registered'],
  ] as const) {
    command(name, description)
      .argument('<ids...>', 'ids of the streams', streamIds)
      .action((ids: string[], flags: CommonFlags) =>
        run(flags, (module, service, signal) => module.enableStreams(service, ids, isEnabled, flags, signal)),
      );
  }
  command('remove', 'stop watching streams and forget their settings; events that were kept stay')
    .alias('rm')
    .alias('delete')
    .argument('<ids...>', 'ids of the streams', streamIds)
    .action((ids: string[], flags: CommonFlags) =>
      run(flags, (module, service, signal) => module.removeStreams(service, ids, flags, signal)),
    );
  command('snapshot', 'write the newest frame as a JPEG')
    .argument('<id>', STREAM_ID, streamId)
    .argument('<file>', 'the file, or - for stdout')
    .option('--overlay', 'with boxes and names')
    .action((id: string, file: string, flags: CommonFlags & { readonly overlay?: true }) =>
      run(flags, (module, service, signal) => module.saveSnapshot(service, id, file, flags, signal)),
    );

  command('watch', 'print who comes and goes, one line for each event, until Ctrl-C')
    .argument('[ids...]', 'ids of the streams (default: all, also those that clients feed)', streamIds, [])
    .option('--since <event>', 'begin with the kept events after this id; 0: with all of them')
    .option('--json', 'print one JSON object for each event')
    .addHelpText(
      'after',
      `
Examples:
  onlooker streams watch
  onlooker streams watch door --json | jq -r 'select(.kind == "identify").person.name'

After a break of the connection it goes on where it stopped: every event comes once.`,
    )
    .action((ids: string[], flags: CommonFlags & { readonly since?: string }) =>
      runOnService(flags, async (service, signal) => (await import('../streams/watch.js')).watch(service, ids, flags, signal)),
    );
  return streams;
}

/** One more of several. */
function streamIds(text: string, before: readonly string[] = []): string[] {
  return [...before, streamId(text)];
}
