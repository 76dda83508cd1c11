// `onlooker people`: its subcommands and their options. What they do is loaded when they run.
import { Command, Option } from 'commander';
import { addServiceOptions, runOnService } from './service-options.js';
import type { ImportEmbeddingsFlags } from '../people/embeddings/import-embeddings.js';
import type { ServiceFlags } from './flags.js';
import type { Service } from './service.js';

interface CommonFlags extends ServiceFlags {
  readonly json?: true;
}
const load = () => import('../people/people.js');

export function peopleCommand(): Command {
  const people = new Command('people').description(
    'list, show, rename and remove enrolled people; export and import all of them',
  );
  const command = (name: string, description: string) => addServiceOptions(people.command(name).description(description));
  const run = (
    flags: CommonFlags,
    work: (module: Awaited<ReturnType<typeof load>>, service: Service, signal: AbortSignal) => Promise<void>,
  ) => runOnService(flags, async (service, signal) => work(await load(), service, signal));

  addServiceOptions(people.command('list', { isDefault: true }))
    .description('list everybody (also what `onlooker people` alone does)')
    .option('--json', 'print one JSON object for each person')
    .action((flags: CommonFlags) => run(flags, (module, service, signal) => module.listPeople(service, flags, signal)));
  command('show', 'show a person and the enrolled faces')
    .argument('<person>', 'id, exact name or external id')
    .option('--json', 'print JSON')
    .action((who: string, flags: CommonFlags) =>
      run(flags, (module, service, signal) => module.showPerson(service, who, flags, signal)),
    );
  command('rename', 'give a person another name')
    .argument('<person>', 'id, exact name or external id')
    .argument('<name>', 'the new name')
    .action((who: string, name: string, flags: CommonFlags) =>
      run(flags, (module, service, signal) => module.renamePerson(service, who, name, flags, signal)),
    );
  command('remove', 'delete people with all their faces, for good')
    .alias('rm')
    .alias('delete')
    .argument('<people...>', 'ids, exact names or external ids')
    .action((who: string[], flags: CommonFlags) =>
      run(flags, (module, service, signal) => module.removePeople(service, who, flags, signal)),
    );
  command('twins', 'say that two people who resemble each other are two: faces near both get no name')
    .argument('<person>', 'id, exact name or external id')
    .argument('<other>', 'id, exact name or external id')
    .option('--undo', 'tell them apart as any two people again')
    .action((who: string, other: string, flags: CommonFlags & { readonly undo?: true }) =>
      run(flags, (module, service, signal) => module.declareTwins(service, who, other, flags, signal)),
    );
  command('export', 'write the whole gallery into one file')
    .argument('<file>', 'the file, or - for stdout')
    .action((file: string, flags: CommonFlags) =>
      run(flags, (module, service, signal) => module.exportGallery(service, file, flags, signal)),
    );
  command('import', 'read a gallery file that `export` wrote')
    .argument('<file>', 'the file')
    .addOption(
      new Option('--mode <mode>', 'merge keeps people who are there as they are; replace makes the gallery that of the file')
        .choices(['merge', 'replace'])
        .default('merge'),
    )
    .action((file: string, flags: CommonFlags & { readonly mode: 'merge' | 'replace' }) =>
      run(flags, (module, service, signal) => module.importGallery(service, file, flags, signal)),
    );
  command('import-embeddings', 'add people by embeddings that the same network made elsewhere: .csv, .json, .npy, .pkl')
    .argument('<file>', "named embeddings, also DeepFace's; a pickle is read and never run")
    .requiredOption('--made-by <model>', 'id or sha256 of the network that made them: only those of the service can be compared')
    .option('--names <file>', 'the names of a .npy file, one a line')
    .option('--json', 'print one JSON object for each that is refused, and a last one')
    .action((file: string, flags: CommonFlags & ImportEmbeddingsFlags) =>
      runOnService(flags, async (service, signal) => {
        const { importEmbeddings } = await import('../people/embeddings/import-embeddings.js');
        await importEmbeddings(service, file, flags, signal);
      }),
    );
  command('import-photos', "enrol a folder that holds a folder of photographs for each person, by the person's name")
    .argument('<folder>', 'the folder')
    .option('--json', 'print one JSON object for each photograph')
    .action((folder: string, flags: CommonFlags) =>
      runOnService(flags, async (service, signal) => {
        const { importPhotos } = await import('../people/import-photos.js');
        await importPhotos(service, folder, flags, signal);
      }),
    );
  return people;
}
