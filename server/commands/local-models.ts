// Models of this machine, for the command line: the packs that come with Onlooker and the cache they are fetched to, and files of
// models that are looked at or converted before a service has them. No service need run.
import { basename, dirname, resolve } from 'node:path';
import { loadConfig } from '../config.js';
import { EXIT_FAILED, reportingErrors } from './report-errors.js';

interface JsonFlag {
  readonly json?: true;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** What `onlooker models` does without a service. */
export const localModels = {
  list: reportingErrors(list),
  pull: reportingErrors(pull),
  verify: reportingErrors(verify),
  convert: reportingErrors(convert),
  check: reportingErrors(check),
};

async function list({ json }: JsonFlag): Promise<void> {
  const { listPacks } = await import('../../models/pack.js');
  const packs = (await listPacks()).map(({ id, version, models, attributes = [] }) => ({
    id,
    version,
    models: [...models, ...attributes.map(({ name, ...rest }) => ({ ...rest, role: name }))].map(
      ({ role, family, file, licence }) => ({ role, family, bytes: file.bytes, sha256: file.sha256, licence }),
    ),
  }));
  if (json) return print(JSON.stringify({ packs }, null, 2));
  for (const { id, version, models } of packs) {
    print(`${id} ${version}`);
    for (const { role, family, bytes, licence } of models) {
      print(`  ${role.padEnd(14)} ${family.padEnd(16)} ${(bytes / 1e6).toFixed(1).padStart(6)} MB  ${licence.id}`);
      for (const caveat of licence.caveats) print(`    ! ${caveat}`);
    }
  }
}

async function pull(pack: string | undefined): Promise<void> {
  const { settings, notes } = loadConfig();
  const { preparePack } = await import('../../models/pack.js');
  const { progressTeller } = await import('../fetch-progress.js');
  for (const line of notes) note(line);
  const progress = progressTeller(({ file }, percent) => note(`${file}: ${percent} %`));
  try {
    const prepared = await preparePack({
      pack: pack ?? settings.pack,
      attributes: settings.attributes,
      mayLackAttributes: pack !== undefined,
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
  const files = await verifyPack({
    pack: pack ?? settings.pack,
    attributes: settings.attributes,
    mayLackAttributes: pack !== undefined,
    cacheDir: settings.modelsDir,
  });
  if (files.some(({ state }) => state.state !== 'ok')) process.exitCode = EXIT_FAILED;
  if (json) return print(JSON.stringify({ files }, null, 2));
  for (const { model, kind, path, state } of files) {
    print(
      `${state.state.padEnd(8)} ${model} (${kind})  ${path}${state.state === 'damaged' ? `  is sha256 ${state.actual}` : ''}`,
    );
  }
}

/** A Keras file as ONNX beside it, or where it is wanted. */
async function convert(from: string, to: string | undefined): Promise<void> {
  const { convertKeras } = await import('../../models/keras/convert-keras.js');
  const target = to ?? from.replace(/\.(h5|hdf5|keras)$/i, '.onnx');
  const { input, output, classes, preprocessing } = await convertKeras(from, target);
  print(`${target}: ${input.height}x${input.width}x${input.channels} in, ${classes ?? output.shape.join('x')} out`);
  if (preprocessing.length > 0) note('it scales its pixels for itself: `"input": {"preprocessing": "none"}` in manifest.json');
}

/** What a service would make of a folder of a version. */
async function check(folder: string, { json }: JsonFlag): Promise<void> {
  const { settings } = loadConfig();
  const { filesOfFolder } = await import('../../models/served/model-folders.js');
  const { readServedModel } = await import('../../models/served/read-served-model.js');
  const { keras } = await import('../../models/keras/converter.js');
  const { objectFamily } = await import('../../models/objects/families.js');
  const families = (name: string) => Promise.resolve(objectFamily(name));
  const path = resolve(folder);
  const files = await filesOfFolder(path, basename(dirname(path)) || 'model', basename(path));
  const model = await readServedModel(files, { cacheDir: settings.modelsDir, keras, objectFamily: families, onWarning: note });
  if (json) return print(JSON.stringify(model, null, 2));
  const { input, classes, thresholds, activation, bytes } = model;
  print(
    `${model.id} can be served: ${model.task}${model.family === null ? '' : `, ${model.family}`}, ${(bytes / 1e6).toFixed(1)} MB`,
  );
  print(`  input       ${input.name}, ${input.width}x${input.height}, ${input.channels}, ${input.layout}, ${input.dtype}`);
  print(`  pixels      (value - ${input.mean.join(' ')}) * ${input.scale.join(' ')}, ${input.resample}, ${input.fit}`);
  print(`  batch       ${model.batch}`);
  print(`  classes     ${classes.length}: ${classes.slice(0, 5).join(', ')}${classes.length > 5 ? ', …' : ''}`);
  print(`  activation  ${activation}`);
  print(`  thresholds  ${thresholds === null ? 'none' : Object.keys(thresholds).length}`);
}
