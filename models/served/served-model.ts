// What a served model is: any classifier or object detector that lies in a folder, ready to be loaded. Plain data, so that it can be
// handed to a worker thread as it is.
import type { Activation, ScoreShape } from '../decisions/class-scores.js';
import type { ClassThresholds } from '../decisions/threshold-rule.js';
import type { GraphOutput } from '../graph/describe.js';
import type { Licence } from '../prepared.js';
import type { TensorInput } from '../tensor-input.js';

export type ServedTask = 'classify' | 'objects';

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** `name@version`, unique within the service. */
  readonly id: string;
  readonly task: ServedTask;
  readonly description: string | null;
  /** How an object detector's outputs are read; null for a classifier. */
  readonly family: string | null;
  /** Absolute path of the ONNX graph to load. */
  readonly path: string;
  /** Of the model file as its author gave it, unpacked: the identity of the model. */
  readonly sha256: string;
  /** Size of the graph to load. */
  readonly bytes: number;
  /** How many pictures the graph takes at once: any number, or exactly so many. */
  readonly batch: 'any' | number;
  readonly input: TensorInput;
  readonly outputs: readonly GraphOutput[];
  /** The one among the outputs that holds the classes' scores; null where a family reads them. */
  readonly classOutput: string | null;
  /** In the order of the output. */
  readonly classes: readonly string[];
  /** By class, those that are known; null without a file. */
  readonly thresholds: Readonly<Record<string, ClassThresholds>> | null;
  /** What is still to be done to the outputs. */
  readonly activation: Activation;
  readonly scores: ScoreShape;
  /** Null where nobody says. */
  readonly licence: Licence | null;
}
