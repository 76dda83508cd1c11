// `onlooker presence`: its options. What it does is loaded when it runs.
import { Command, InvalidArgumentError } from 'commander';
import type { PresenceFlags } from './flags.js';
import { addServiceOptions, runOnService } from './service-options.js';
import { streamId } from './values.js';

export function presenceCommand(): Command {
  return addServiceOptions(new Command('presence'))
    .description('who was seen when, day by day, out of the kept events (default: today)')
    .option('--from <day>', 'the first day, e.g. 2026-11-30', day)
    .option('--to <day>', 'the last day', day)
    .option('--tz <zone>', 'time zone, e.g. Europe/Madrid (default: that of the timetable, or of the service)')
    .option('--person <person>', 'one person alone: name, id or external id')
    .option('--stream <id>', 'what one stream saw alone', streamId)
    .option('--csv', 'print a table for spreadsheets')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Late, absent and left early are told where the service has a timetable (ONLOOKER_TIMETABLE).

Examples:
  onlooker presence
  onlooker presence --from 2026-11-01 --to 2026-11-30 --csv > november.csv`,
    )
    .action((flags: PresenceFlags) =>
      runOnService(flags, async (service, signal) =>
        (await import('../people/presence.js')).showPresence(service, flags, signal),
      ),
    );
}

function day(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('It must be a day such as 2026-11-30.');
}
