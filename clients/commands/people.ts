// `onlooker people`: its subcommands and their options. What they do is loaded when they run.
import { Command, Option } from 'commander';
import { runCommand } from '../terminal/failure.js';
import { urlOption } from './url-option.js';

interface CommonFlags {
  readonly url: string;
  readonly json?: true;
}
const load = () => import('../people/people.js');

export function peopleCommand(): Command {
  const people = new Command('people').description(
    'list, show, rename and remove enrolled people; export and import all of them',
  );
  const command = (name: string, description: string) => people.command(name).description(description).addOption(urlOption());
  const run = (flags: CommonFlags, work: (module: Awaited<ReturnType<typeof load>>, signal: AbortSignal) => Promise<void>) =>
    runCommand(flags.url, async (signal) => work(await load(), signal));

  people
    .command('list', { isDefault: true })
    .description('list everybody (also what `onlooker people` alone does)')
    .addOption(urlOption())
    .option('--json', 'print one JSON object for each person')
    .action((flags: CommonFlags) => run(flags, (module, signal) => module.listPeople(flags, signal)));
  command('show', 'show a person and the enrolled faces')
    .argument('<person>', 'id, exact name or external id')
    .option('--json', 'print JSON')
    .action((who: string, flags: CommonFlags) => run(flags, (module, signal) => module.showPerson(who, flags, signal)));
  command('rename', 'give a person another name')
    .argument('<person>', 'id, exact name or external id')
    .argument('<name>', 'the new name')
    .action((who: string, name: string, flags: CommonFlags) =>
      run(flags, (module, signal) => module.renamePerson(who, name, flags, signal)),
    );
  command('remove', 'delete people with all their faces, for good')
    .alias('rm')
    .alias('delete')
    .argument('<people...>', 'ids, exact names or external ids')
    .action((who: string[], flags: CommonFlags) => run(flags, (module, signal) => module.removePeople(who, flags, signal)));
  command('export', 'write the whole gallery into one file')
    .argument('<file>', 'the file, or - for stdout')
    .action((file: string, flags: CommonFlags) => run(flags, (module, signal) => module.exportGallery(file, flags, signal)));
  command('import', 'read a gallery file that `export` wrote')
    .argument('<file>', 'the file')
    .addOption(
      new Option('--mode <mode>', 'merge keeps people who are there as they are; replace makes the gallery that of the file')
        .choices(['merge', 'replace'])
        .default('merge'),
    )
    .action((file: string, flags: CommonFlags & { readonly mode: 'merge' | 'replace' }) =>
      run(flags, (module, signal) => module.importGallery(file, flags, signal)),
    );
  return people;
}
