// `onlooker serve`: runs the service until it is told to stop. Loads the service only when it is asked for, so that
// the other commands start at once.
import { Command } from 'commander';
import type { GivenParts } from '../given-parts.js';
import { reportingErrors } from './report-errors.js';

export function serveCommand(given: GivenParts): Command {
  return new Command('serve')
    .description('run the service (settings come from ONLOOKER_* variables and onlooker.config.json)')
    .option('--lan', 'serve the networks of this machine over https, with a certificate of its own and a code for phones')
    .action(
      reportingErrors(async ({ lan = false }: { lan?: boolean }) => {
        const { run } = await import('../run.js');
        await run(given, { isLan: lan });
      }),
    );
}
