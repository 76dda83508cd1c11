// `onlooker config`: what is in force and from where. It starts nothing and loads nothing heavy.
import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { environmentName, SETTING_NAMES, settingNotes } from '../settings.js';
import { reportingErrors } from './report-errors.js';

const HIDDEN = '***';

export function configCommand(): Command {
  return new Command('config')
    .description('show the configuration in force, and from where each value comes')
    .option('--json', 'print JSON')
    .action(
      reportingErrors((options: { readonly json?: true }) => {
        const { settings, origins, file } = loadConfig();
        const rows = SETTING_NAMES.map((name) => ({
          name,
          env: environmentName(name),
          value: settings[name] !== undefined && settingNotes(name).secret ? HIDDEN : (settings[name] ?? null),
          from: origins[name],
        }));
        if (options.json) {
          process.stdout.write(`${JSON.stringify({ file, settings: rows }, null, 2)}\n`);
          return;
        }
        const widest = Math.max(...rows.map((row) => row.env.length));
        const values = rows.map((row) =>
          row.value === null ? `(${settingNotes(row.name).defaultText ?? 'unset'})` : String(row.value),
        );
        const widestValue = Math.max(...values.map((value) => value.length));
        process.stdout.write(`configuration file: ${file ?? 'none'}\n`);
        rows.forEach((row, index) => {
          process.stdout.write(`${row.env.padEnd(widest)}  ${(values[index] ?? '').padEnd(widestValue)}  ${row.from}\n`);
        });
      }),
    );
}
