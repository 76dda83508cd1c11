// `onlooker config`: what is in force and from where. It starts nothing and loads nothing heavy.
import { Command } from 'commander';
import { compatNamed, compatOption, environmentWith } from '../compat/compat-environment.js';
import { configReport } from '../config-report.js';
import { loadConfig } from '../config.js';
import { reportingErrors } from './report-errors.js';

export function configCommand(): Command {
  return new Command('config')
    .description('show the configuration in force, and from where each value comes')
    .option('--json', 'print JSON')
    .addOption(compatOption())
    .action(
      reportingErrors(async (options: { readonly json?: true; readonly compat?: string }) => {
        const environment = environmentWith(await compatNamed(options.compat));
        const { file, settings: rows } = configReport(loadConfig({}, environment));
        if (options.json) {
          const settings = rows.map(({ name, env, value, from }) => ({ name, env, value, from }));
          process.stdout.write(`${JSON.stringify({ file, settings }, null, 2)}\n`);
          return;
        }
        const widest = Math.max(...rows.map((row) => row.env.length));
        const values = rows.map((row) => (row.value === null ? `(${row.default_text ?? 'unset'})` : String(row.value)));
        const widestValue = Math.max(...values.map((value) => value.length));
        process.stdout.write(`configuration file: ${file ?? 'none'}\n`);
        rows.forEach((row, index) => {
          process.stdout.write(`${row.env.padEnd(widest)}  ${(values[index] ?? '').padEnd(widestValue)}  ${row.from}\n`);
        });
      }),
    );
}
