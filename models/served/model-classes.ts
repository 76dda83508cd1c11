// Which numbers of a classifier's outputs are its classes' scores, and whether there are as many as labels. Pure.
import type { Activation, ScoreShape } from '../decisions/class-scores.js';
import type { GraphOutput } from '../graph/describe.js';
import { ModelError } from '../model-error.js';

export interface ClassHead {
  readonly output: string;
  readonly classes: readonly string[];
  readonly activation: Activation;
  readonly scores: ScoreShape;
}

/**
 * @param wanted the output that the manifest names
 * @param labels of classes.txt; without them classes are called by their numbers
 * @param said the activation that the manifest names; else softmax, unless the network ends with one already
 * @throws ModelError `BAD_MODEL` or `BAD_MANIFEST`
 */
export function classHead(
  outputs: readonly GraphOutput[],
  wanted: string | undefined,
  labels: readonly string[] | undefined,
  said: Activation | undefined,
  label: string,
): ClassHead {
  const output = chosenOutput(outputs, wanted, label);
  if (output.dtype !== 'float')
    throw new ModelError('BAD_MODEL', `${label} gives "${output.name}" as ${output.dtype}, where float is expected`);
  const count = numbersIn(output, label) ?? labels?.length;
  if (count === undefined) {
    throw new ModelError(
      'BAD_MODEL',
      `${label} does not tell how many numbers its output "${output.name}" has: give classes.txt`,
    );
  }
  const one = count === 1;
  const activation = said ?? (output.activation === null ? (one ? 'sigmoid' : 'softmax') : 'none');
  const classes = labels ?? Array.from({ length: one ? 2 : count }, (_, index) => String(index));
  if (classes.length === count) {
    return { output: output.name, classes, activation, scores: 'each' };
  }
  // One probability, as networks have that end in a sigmoid for yes or no.
  if (one && classes.length === 2) return { output: output.name, classes, activation, scores: 'second-of-two' };
  throw new ModelError('BAD_MODEL', `${label} gives ${count} numbers a picture, but classes.txt has ${classes.length} labels`);
}

function chosenOutput(outputs: readonly GraphOutput[], wanted: string | undefined, label: string): GraphOutput {
  const [first, second] = outputs;
  const names = outputs.map((output) => `"${output.name}"`).join(', ');
  const chosen = wanted === undefined ? first : outputs.find((output) => output.name === wanted);
  if (chosen === undefined) throw new ModelError('BAD_MANIFEST', `${label} has no output "${wanted ?? ''}", only ${names}`);
  if (wanted === undefined && second !== undefined)
    throw new ModelError('BAD_MANIFEST', `${label} has the outputs ${names}: name one as output`);
  return chosen;
}

/** Numbers for each picture; undefined where the graph does not tell. */
function numbersIn({ name, dims }: GraphOutput, label: string): number | undefined {
  if (dims === null) return undefined;
  if (dims.length === 0) throw new ModelError('BAD_MODEL', `${label} gives a single number as "${name}", whatever the batch`);
  // Some have sizes of 1 besides, as 1x1 convolutions leave them.
  const sizes = dims.slice(1).filter((size) => size !== 1);
  if (sizes.length > 1) {
    const shown = sizes.map((size) => size ?? '?').join('x');
    throw new ModelError(
      'BAD_MODEL',
      `${label} gives ${shown} numbers a picture as "${name}", where a classifier gives a list; a detector's manifest names its family`,
    );
  }
  const [count = 1] = sizes;
  return count ?? undefined;
}
