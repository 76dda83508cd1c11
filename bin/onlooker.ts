#!/usr/bin/env node
// The program `onlooker`: puts the commands together. Loads only the one that is asked for, so that `--help` and `send`
// never load the service, its sockets or its models.
import '../models/library-environment.js';
import { Command, CommanderError } from 'commander';
import { fileURLToPath } from 'node:url';
import type { OpenLocalKeys } from '../clients/commands/keys.js';
import type { LoadLocalModels } from '../clients/commands/models.js';
import type { DrawFaces } from '../server/draw-faces.js';
import { hideSecretArguments } from '../clients/terminal/hidden-arguments.js';
import { VERSION } from '../server/version.js';

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  serve: {
    summary: 'run the service',
    load: async () => (await import('../server/commands/serve.js')).serveCommand({ draw: drawFaces, webDir: WEB_DIR }),
  },
  lan: {
    summary: 'show the address and a code of a service that runs with `serve --lan`',
    load: async () => (await import('../server/commands/lan.js')).lanCommand(),
  },
  send: {
    summary: 'send images, folders or videos and print what the service sees',
    load: async () => (await import('../clients/commands/send.js')).sendCommand(),
  },
  enroll: {
    summary: 'teach the service a face',
    load: async () => (await import('../clients/commands/enroll.js')).enrollCommand(),
  },
  people: {
    summary: 'list, show, rename, remove, export and import people',
    load: async () => (await import('../clients/commands/people.js')).peopleCommand(),
  },
  presence: {
    summary: 'who was seen when, day by day: first and last, for how long, late or absent',
    load: async () => (await import('../clients/commands/presence.js')).presenceCommand(),
  },
  evaluate: {
    summary: 'ask the service about pictures of which the truth is known, and say how often it is right',
    load: async () => (await import('../clients/commands/evaluate.js')).evaluateCommand(),
  },
  streams: {
    summary: 'add, list, show, change, remove and watch cameras',
    load: async () => (await import('../clients/commands/streams.js')).streamsCommand(),
  },
  keys: {
    summary: 'make, list and revoke keys of the service',
    load: async () => (await import('../clients/commands/keys.js')).keysCommand(openLocalKeys),
  },
  models: {
    summary: 'list, fetch, verify and convert models, and choose the versions in use',
    load: async () => (await import('../clients/commands/models.js')).modelsCommand(localModels),
  },
  tune: {
    summary: 'measure this machine and choose threads and batch sizes by that',
    load: async () => (await import('../server/commands/tune.js')).tuneCommand(),
  },
  health: {
    summary: 'ask whether the service of this machine is ready',
    load: async () => (await import('../server/commands/health.js')).healthCommand(),
  },
  config: {
    summary: 'show the configuration in force',
    load: async () => (await import('../server/commands/config.js')).configCommand(),
  },
};
const EXIT_USAGE = 2;
/** Where the build puts what browsers get. */
const WEB_DIR = fileURLToPath(new URL('../web', import.meta.url));

const openLocalKeys: OpenLocalKeys = async () => (await import('../server/commands/local-keys.js')).openLocalKeys();

const localModels: LoadLocalModels = async () => (await import('../server/commands/local-models.js')).localModels;

/** Snapshots of the service are drawn as the pictures of `send --annotate` are. */
const drawFaces: DrawFaces = async (image, faces, maxPixels) =>
  (await import('../clients/send/annotate.js')).annotate(image, faces, maxPixels);

async function main(words: readonly string[]): Promise<void> {
  const program = new Command('onlooker')
    .description('Edge streaming recognition: camera frames in, names out, within a bounded time.')
    .version(VERSION)
    .addHelpText(
      'after',
      '\nExit codes: 0 all well, 1 something failed, 2 wrong usage, 3 no service, 4 not allowed. Each command has its own --help.',
    );
  const wanted = words.find((word) => Object.hasOwn(COMMANDS, word));
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    program.addCommand((name === wanted ? await load() : new Command(name)).summary(summary));
  }
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for is no failure; help that is shown because nothing was asked for is wrong usage.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const subcommand of command.commands) throwInsteadOfExit(subcommand);
}

hideSecretArguments(process.argv.slice(2));
// Whoever reads may have seen enough: `onlooker --help | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A command that is at work has its own way of ending.
  if (process.stdout.listenerCount('error') > 1) return;
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
// What is told beside the results is for whoever still listens: `onlooker send door.mp4 2>&1 | head`.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
await main(process.argv.slice(2));
