// The pages of docs/ that are written from the code, so that they cannot fall behind: a test compares them.
import { ERROR_CATALOGUE } from '../protocol/errors.js';
import { Metrics } from './metrics/metrics.js';
import { environmentName, SETTING_NAMES, settingDefault, settingNotes } from './settings.js';

const NOTICE = '<!-- Written by `node scripts/generate-docs.mjs`: change the code that it comes from, not this page. -->';

/** Text of each page by its path from the root of the repository. */
export async function generatedDocs(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/configuration.md', configurationPage()],
    ['docs/metrics.md', await metricsPage()],
    ['docs/errors.md', errorsPage()],
  ]);
}

function configurationPage(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { meaning, unit, expects, defaultText } = settingNotes(name);
    const standard = defaultText ?? `\`${String(settingDefault(name))}\``;
    return `| \`${environmentName(name)}\` | \`${name}\` | ${standard} | ${unit ?? ''} | ${meaning} (${expects}) |`;
  });
  return page([
    '# Configuration',
    '',
    NOTICE,
    '',
    'Every setting is an environment variable or a key of a JSON file, the variable before the file before the default. The file is the',
    'one that `ONLOOKER_CONFIG` names, or `onlooker.config.json` in the folder where the service starts:',
    '',
    '```json',
    '{ "port": 9000, "credits": 4, "matchThreshold": 0.45 }',
    '```',
    '',
    '`onlooker serve --port PORT --host ADDRESS` go before both variable and file.',
    '',
    'A wrong value, and a variable or key that does not exist, stops the start with one line and exit code 2. A variable that is empty',
    'counts as unset; spaces and one pair of quotes around a value are taken off, as files of variables leave them. `onlooker config` prints what is in force and from where; `onlooker config --json` prints it for programs.',
    'Variables that Kubernetes makes for Services named `onlooker` or `onlooker-…` (`ONLOOKER_SERVICE_HOST`, `ONLOOKER_PORT=tcp://…`) are passed over.',
    '',
    'It runs as any uid, without a home, and on a root that is only to be read: `ONLOOKER_DATA_DIR` alone must name a folder that can be written',
    'to, and models go below it where the user has no cache folder (a line of the log says so).',
    '',
    '| variable | key in the file | default | unit | meaning |',
    '|---|---|---|---|---|',
    ...rows,
  ]);
}

async function metricsPage(): Promise<string> {
  const metrics = new Metrics(() => ({
    pipeline: null,
    gallery: null,
    missing: [],
    cameras: null,
    events: null,
    certificate: null,
    creditsPerStream: 0,
  }));
  const all = await metrics.registry.getMetricsAsJSON();
  const labels = (name: string): string => {
    const metric = metrics.registry.getSingleMetric(name) as { readonly labelNames?: readonly string[] } | undefined;
    return (metric?.labelNames ?? []).map((label) => `\`${label}\``).join(', ');
  };
  const rowsOf = (own: boolean): string[] =>
    all
      .filter(({ name }) => name.startsWith('onlooker_') === own)
      .map(({ name, type, help }) => `| \`${name}\` | ${String(type)} | ${labels(name)} | ${help} |`);
  return page([
    '# Metrics',
    '',
    NOTICE,
    '',
    '`GET /metrics` answers in the text format of Prometheus. No label holds a stream, a person, a path or an address: their values are',
    'few and known (outcomes, reasons, error codes, stages, route templates, the loaded models).',
    '',
    'For the frames of streams `onlooker_frames_received_total` = the sum of `onlooker_frames_total` over its outcomes, once nothing is in',
    'hand. `onlooker_stage_seconds` and `onlooker_batch_size` count the single images of HTTP too.',
    '',
    '| name | type | labels | meaning |',
    '|---|---|---|---|',
    ...rowsOf(true),
    '',
    '## The process',
    '',
    '| name | type | labels | meaning |',
    '|---|---|---|---|',
    ...rowsOf(false),
  ]);
}

function errorsPage(): string {
  return page([
    '# Errors',
    '',
    NOTICE,
    '',
    'One catalogue for the WebSocket and for HTTP. On the WebSocket the code stands in `error` messages and in the `result` of a frame;',
    'over HTTP in `{"error": {"code", "message", "details"?}}` under the status given here. Programs go by the code; the message is for',
    'people and may change.',
    ...Object.entries(ERROR_CATALOGUE).flatMap(([code, { status, meaning }]) => [
      '',
      `## ${code}`,
      '',
      `HTTP ${status}. ${meaning}`,
    ]),
  ]);
}

const page = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
