// `onlooker serve`: runs the service until it is told to stop. Loads the service only when it is asked for, so that
// the other commands start at once.
import { Command } from 'commander';
import { compatOption } from '../compat/compat-environment.js';
import type { GivenParts } from '../given-parts.js';
import { reportingErrors } from './report-errors.js';

interface ServeFlags {
  readonly lan?: boolean;
  readonly port?: string;
  readonly host?: string;
  readonly compat?: string;
}

export function serveCommand(given: GivenParts): Command {
  return new Command('serve')
    .description('run the service (settings come from ONLOOKER_* variables and onlooker.config.json)')
    .option('-p, --port <port>', 'port to listen on, before ONLOOKER_PORT (8080); 0 takes a free one')
    .option('--host <address>', 'address to listen on, before ONLOOKER_HOST (127.0.0.1); others need keys first')
    .option('--lan', 'serve the networks of this machine over https, with a certificate of its own and a code for phones')
    .addOption(compatOption())
    .addHelpText('after', '\n`onlooker lan` shows the address and a new code of a service that runs with --lan.')
    .action(
      reportingErrors(async ({ lan = false, port, host, compat }: ServeFlags) => {
        const { run } = await import('../run.js');
        await run(given, {
          isLan: lan,
          ...(compat === undefined ? {} : { compat }),
          settings: { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) },
        });
      }),
    );
}
