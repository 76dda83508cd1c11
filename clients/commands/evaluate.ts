// `onlooker evaluate`: its options. What it does is loaded when it runs.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { EvaluateFlags } from '../evaluate/evaluate.js';
import { limitOf, type Limit } from '../evaluate/limits.js';
import type { ServiceFlags } from './flags.js';
import { addServiceOptions, runOnService } from './service-options.js';

/** Of the default pack (docs/models.md). */
const USUAL_MATCH = 0.4;

export function evaluateCommand(): Command {
  return addServiceOptions(new Command('evaluate'))
    .description('ask the service about pictures of which the truth is known, and say how often it is right')
    .addOption(new Option('-t, --task <task>', 'what is asked').choices(['classify', 'verify', 'identify']).makeOptionMandatory())
    .requiredOption(
      '--data <path>',
      '<label>/<picture> or a .csv of file,label (classify; identify, by names); a .csv of file,file,yes or no (verify)',
    )
    .option('--model <model>', 'the classifier: name, name@version or alias')
    .option('--threshold <cosine>', 'from which two faces are one person (verify)', decimal, USUAL_MATCH)
    .option('--strangers <label>', 'label of pictures of nobody who is enrolled (identify)', 'unknown')
    .option('--baseline <file>', 'an earlier outcome: how far this one is from it becomes figures too')
    .option('--save <file>', 'write the outcome, for --baseline')
    .option('--report <file>', 'write a page with the worst errors as pictures (HTML)')
    .option('--limit <limit>', 'fail unless it is kept, e.g. "accuracy>=0.9"; may be repeated', oneMore, [])
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  onlooker evaluate -t classify --data held-back/ --report report.html --save monday.json
  onlooker evaluate -t classify --data held-back/ --baseline monday.json --limit "accuracy>=0.9" --limit "drift_scores<=0.2"
  onlooker evaluate -t verify --data pairs.csv
  onlooker evaluate -t identify --data probes/ --limit "fpir<=0.001"

Exit code: 0 every limit is kept, 1 one is not or a picture could not be asked about, 2 wrong usage, 3 no service, 4 not allowed.`,
    )
    .action((flags: ServiceFlags & EvaluateFlags) =>
      runOnService(flags, async (service, signal) => (await import('../evaluate/evaluate.js')).evaluate(service, flags, signal)),
    );
}

function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= -1 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from -1 to 1.');
}

function oneMore(text: string, before: readonly Limit[]): readonly Limit[] {
  const limit = limitOf(text);
  if (limit !== undefined) return [...before, limit];
  throw new InvalidArgumentError('It must be a figure with >= or <= and a number, e.g. accuracy>=0.9.');
}
