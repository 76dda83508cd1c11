// `onlooker models`: what packs there are, fetching one ahead of time (for an offline machine), checking the cache.
import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { EXIT_FAILED, reportingErrors } from './report-errors.js';

interface JsonFlag {
  readonly json?: true;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export function modelsCommand(): Command {
  const command = new Command('models').description('list, fetch and check model packs (ONLOOKER_MODELS_DIR is the cache)');
  command
    .command('list')
    .description('the packs that come with Onlooker, their models and licences')
    .option('--json', 'print JSON')
    .action(reportingErrors(list));
  command
    .command('pull [pack]')
    .description('fetch a pack into the cache and make it ready (default: the configured pack)')
    .action(reportingErrors(pull));
  command
    .command('verify [pack]')
    .description('hash every file of a pack in the cache; exit code 1 when one is missing or damaged')
    .option('--json', 'print JSON')
    .action(reportingErrors(verify));
  return command;
}

async function list({ json }: JsonFlag): Promise<void> {
  const { listPacks } = await import('../../models/pack.js');
  const packs = (await listPacks()).map(({ id, version, models }) => ({
    id,
    version,
    models: models.map(({ role, family, file, licence }) => ({ role, family, bytes: file.bytes, sha256: file.sha256, licence })),
  }));
  if (json) return print(JSON.stringify({ packs }, null, 2));
  for (const { id, version, models } of packs) {
    print(`${id} ${version}`);
    for (const { role, family, bytes, licence } of models) {
      print(`  ${role.padEnd(10)} ${family.padEnd(16)} ${(bytes / 1e6).toFixed(1).padStart(6)} MB  ${licence.id}`);
      for (const caveat of licence.caveats) print(`    ! ${caveat}`);
    }
  }
}

async function pull(pack: string | undefined): Promise<void> {
  const { settings, notes } = loadConfig();
  const { preparePack } = await import('../../models/pack.js');
  const { progressTeller } = await import('../fetch-progress.js');
  const note = (line: string): void => void process.stderr.write(`${line}\n`);
  for (const line of notes) note(line);
  const progress = progressTeller(({ file }, percent) => note(`${file}: ${percent} %`));
  try {
    const prepared = await preparePack({
      pack: pack ?? settings.pack,
      cacheDir: settings.modelsDir,
      offline: settings.offline,
      onProgress: progress.tell,
      onWarning: note,
    });
    progress.close();
    print(`${prepared.id} ${prepared.version} is ready in ${settings.modelsDir}`);
  } finally {
    progress.close();
  }
}

async function verify(pack: string | undefined, { json }: JsonFlag): Promise<void> {
  const { settings } = loadConfig();
  const { verifyPack } = await import('../../models/pack.js');
  const files = await verifyPack({ pack: pack ?? settings.pack, cacheDir: settings.modelsDir });
  if (files.some(({ state }) => state.state !== 'ok')) process.exitCode = EXIT_FAILED;
  if (json) return print(JSON.stringify({ files }, null, 2));
  for (const { model, kind, path, state } of files) {
    print(
      `${state.state.padEnd(8)} ${model} (${kind})  ${path}${state.state === 'damaged' ? `  is sha256 ${state.actual}` : ''}`,
    );
  }
}
