// `onlooker enroll`: its options. What it does is loaded when it runs.
import type { EnrollFlags } from './flags.js';
import { Command } from 'commander';
import { UsageError } from '../terminal/failure.js';
import { addServiceOptions, runOnService } from './service-options.js';

export function enrollCommand(): Command {
  return addServiceOptions(new Command('enroll'))
    .description('teach the service a face: add images to the person of that name, who is created if need be')
    .argument('<name>', 'name of the person, exactly as it is to be shown')
    .argument('[files...]', 'pictures of that person alone (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG XL), or folders of them')
    .option('--id <id>', 'add to the person of this id, who must be there')
    .option('--external-id <id>', 'add to the person of this external id; one who is created gets it')
    .option(
      '--track <id>',
      'instead of files: the best faces of a track in view, or gone for minutes (see `onlooker streams watch`)',
    )
    .option(
      '--twin-of <person>',
      'the face resembles this person (id, exact name or external id), but they are two; may be given several times',
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .option('--json', 'print one JSON object for each file instead of a table')
    .addHelpText(
      'after',
      `
Examples:
  onlooker enroll "Ada Lovelace" ada-1.jpg ada-2.jpg ada-3.jpg
  onlooker enroll "Ada Lovelace" photos/ada/ --external-id staff-17
  onlooker enroll "Ada Lovelace" --track 01m7y5ykje1h8es88g4125kvdn
  onlooker enroll "Ben Weber" ben.jpg --twin-of "Tim Weber"

Three to five sharp images from different angles work best.
Exit code: 0 every file is enrolled, 1 some file was refused, 2 wrong usage, 3 no service, 4 not allowed.`,
    )
    .action((name: string, files: string[], flags: EnrollFlags) =>
      runOnService(flags, async (service, signal) => {
        if (files.length > 0 === (flags.track !== undefined)) throw new UsageError('give either files or --track');
        if (flags.track !== undefined) {
          const { enrollTrack } = await import('../people/enroll-track.js');
          return enrollTrack(service, name, flags.track, flags, signal);
        }
        const { enroll } = await import('../people/enroll.js');
        await enroll(service, name, files, flags, signal);
      }),
    );
}
