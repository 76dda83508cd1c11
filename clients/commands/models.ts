// `onlooker models`: its subcommands and their options. Packs and files are those of this machine; versions in use are those of a
// service. What the commands do is loaded when they run.
import { Command, InvalidArgumentError } from 'commander';
import { addServiceOptions, runOnService } from './service-options.js';
import type { NamedVersion, ServiceFlags } from './flags.js';
import type { Service } from './service.js';

interface JsonFlag {
  readonly json?: true;
}
type Flags = ServiceFlags & JsonFlag;
interface PullFlags extends Flags {
  readonly path?: string;
  readonly sha256?: string;
  readonly integrity?: string;
}

/** What is done without a service; how it fails is its own to tell. */
export interface LocalModels {
  readonly list: (flags: JsonFlag) => Promise<void>;
  readonly pull: (pack: string | undefined) => Promise<void>;
  readonly verify: (pack: string | undefined, flags: JsonFlag) => Promise<void>;
  readonly convert: (from: string, to: string | undefined) => Promise<void>;
  readonly check: (folder: string, flags: JsonFlag) => Promise<void>;
}
export type LoadLocalModels = () => Promise<LocalModels>;

const load = () => import('../models/models.js');
const NAMED = 'the model and its version, e.g. plants@2';

/** @param local the command line may not know the service's code: whoever puts both together does */
export function modelsCommand(local: LoadLocalModels): Command {
  const models = new Command('models').description(
    'packs (ONLOOKER_MODELS_DIR is the cache), files of models, and which versions a service has in use',
  );
  const onService = (name: string, description: string) => addServiceOptions(models.command(name).description(description));
  const run = (
    flags: ServiceFlags,
    work: (module: Awaited<ReturnType<typeof load>>, service: Service, signal: AbortSignal) => Promise<void>,
  ) => runOnService(flags, async (service, signal) => work(await load(), service, signal));

  models
    .command('list')
    .description('the packs that come with Onlooker, their models and licences')
    .option('--json', 'print JSON')
    .action(async (flags: JsonFlag) => (await local()).list(flags));
  onService('pull', 'fetch a pack into the cache of this machine, or a version of a model into a service')
    .argument('[what]', 'a pack (default: the configured one), or a model and its version, e.g. plants@2')
    .argument('[address]', 'where the version is: https://…, s3://…, npm:…')
    .option('--path <path>', 'the folder or model file within an archive')
    .option('--sha256 <hex>', "of the model file, where the address is the file's", sha256)
    .option('--integrity <sha512>', 'of an archive, as npm has it: sha512-…')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  onlooker models pull                                            the configured pack, for a machine without a network
  onlooker models pull plants@2 s3://models/plants/2/             a folder with model.onnx, classes.txt, …
  onlooker models pull plants@2 https://models.example/plants.h5.gz`,
    )
    .action(async (what: string | undefined, address: string | undefined, flags: PullFlags) => {
      if (address === undefined) return (await local()).pull(what);
      const named = namedVersion(what ?? '');
      return run(flags, (module, service, signal) => module.pullModel(service, named, address, flags, signal));
    });
  models
    .command('verify [pack]')
    .description('hash every file of a pack in the cache; exit code 1 when one is missing or damaged')
    .option('--json', 'print JSON')
    .action(async (pack: string | undefined, flags: JsonFlag) => (await local()).verify(pack, flags));
  models
    .command('convert <file> [onnx]')
    .description('write a Keras file (.h5, .hdf5, .keras) as ONNX')
    .action(async (file: string, onnx: string | undefined) => (await local()).convert(file, onnx));
  models
    .command('check <folder>')
    .description('tell what a service would make of the folder of a version, e.g. models/plants/2')
    .option('--json', 'print JSON')
    .action(async (folder: string, flags: JsonFlag) => (await local()).check(folder, flags));

  onService('show', 'the versions that a service has, which are in use, and aliases')
    .argument('[name]', 'of a model (default: all)')
    .option('--json', 'print JSON')
    .action((name: string | undefined, flags: Flags) =>
      run(flags, (module, service, signal) => module.showModels(service, name, flags, signal)),
    );
  onService('use', 'put a version in use: it is opened first, and no frame is lost')
    .argument('<model>', 'the model and its version, e.g. plants@2; plants@latest follows the highest', namedVersion)
    .option('--json', 'print JSON')
    .action((named: NamedVersion, flags: Flags) =>
      run(flags, (module, service, signal) => module.useModel(service, named, flags, signal)),
    );
  onService('rollback', 'put the version in use that was before')
    .argument('<name>', 'of the model')
    .option('--json', 'print JSON')
    .action((name: string, flags: Flags) =>
      run(flags, (module, service, signal) => module.rollBack(service, name, flags, signal)),
    );
  onService('try', 'give a share of the streams to a version, to compare both in the metrics')
    .argument('<model>', NAMED, namedVersion)
    .argument('<share>', 'of the streams, e.g. 10%; 0 ends it', share)
    .option('--json', 'print JSON')
    .action((named: NamedVersion, part: number, flags: Flags) =>
      run(flags, (module, service, signal) => module.tryOut(service, named, part, flags, signal)),
    );
  onService('alias', 'a name of your own for a model or a version')
    .argument('<alias>', 'the name; classify or objects is what answers where no model is named')
    .argument('[model]', 'what it stands for: plants, plants@2 or another alias; left out, the alias is removed')
    .action((alias: string, model: string | undefined, flags: ServiceFlags) =>
      run(flags, (module, service, signal) => module.setAlias(service, alias, model, signal)),
    );
  onService('give', 'give a service the files of a version')
    .argument('<model>', NAMED, namedVersion)
    .argument(
      '<files...>',
      'a .onnx, .h5 or .keras file and, if need be, classes.txt, thresholds.csv, manifest.json; or their folder',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  onlooker models give plants@2 plants.h5 classes.txt')
    .action((named: NamedVersion, files: string[], flags: Flags) =>
      run(flags, (module, service, signal) => module.giveModel(service, named, files, flags, signal)),
    );
  onService('remove', 'take away a version that the service was given or has fetched')
    .argument('<model>', NAMED, namedVersion)
    .action((named: NamedVersion, flags: Flags) =>
      run(flags, (module, service, signal) => module.removeModel(service, named, signal)),
    );
  return models;
}

function namedVersion(text: string): NamedVersion {
  const [, name, version] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
  if (name === undefined || version === undefined)
    throw new InvalidArgumentError('It must be a model and its version, such as plants@2.');
  return { name, version };
}

function share(text: string): number {
  const [, number, percent] = /^(\d*\.?\d+)(%?)$/.exec(text) ?? [];
  const part = Number(number ?? NaN) / (percent === '%' ? 100 : 1);
  if (part >= 0 && part <= 1) return part;
  throw new InvalidArgumentError('It must be a share such as 10% or 0.1.');
}

function sha256(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be 64 hexadecimal digits.');
}
