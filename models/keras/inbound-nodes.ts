// How Keras writes down which outputs a layer takes: lists of `[layer, call, output, keywords]` before Keras 3, arguments that hold
// `__keras_tensor__` since. Both become one form here.
import type { KerasFault } from './bad-model.js';

/** An output of a call of a layer. */
export interface TensorReference {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** What a layer is called with: another's output, or numbers. */
export type Argument = { readonly tensor: TensorReference } | { readonly constant: number | readonly number[] };

type Fault = (what: string) => KerasFault;

/** Each call of a layer as the arguments that it takes. @throws KerasFault */
export function callsOf(nodes: readonly unknown[], fault: Fault): Argument[][] {
  return nodes.map((node) => {
    if (isRecord(node)) return modernCall(node, fault);
    if (!Array.isArray(node)) throw fault('has an inbound node of unknown form');
    // Calls of TensorFlow's own functions stand alone, without a list around them.
    const tensors = isLegacyReference(node) ? [node] : node;
    return tensors.flatMap((tensor) => legacyArguments(tensor, fault));
  });
}

/** The inputs or outputs of a model: `["a", 0, 0]`, a list of those, or one by name. @throws KerasFault */
export function tensorsOf(value: unknown, fault: Fault): TensorReference[] {
  if (isLegacyReference(value)) return [legacyReference(value)];
  if (Array.isArray(value) && value.length > 0) return value.flatMap((each) => tensorsOf(each, fault));
  if (isRecord(value)) return Object.values(value).flatMap((each) => tensorsOf(each, fault));
  throw fault('does not say which layers its inputs and outputs are');
}

function modernCall(node: Record<string, unknown>, fault: Fault): Argument[] {
  const found = argumentsIn(node['args'] ?? [], fault);
  return [...found, ...keywordArguments(node['kwargs'], fault, modernReference)];
}

function argumentsIn(value: unknown, fault: Fault): Argument[] {
  const reference = modernReference(value, fault);
  if (reference) return [{ tensor: reference }];
  if (typeof value === 'number') return [{ constant: value }];
  if (Array.isArray(value)) return isNumbers(value) ? [{ constant: value }] : value.flatMap((each) => argumentsIn(each, fault));
  const numbers = numbersOfArray(value);
  if (numbers) return [{ constant: numbers }];
  throw fault('has an argument of unknown form');
}

/** A tensor or number as a keyword is an operand, whatever its name; a mask or a flag is nothing at inference. */
function keywordArguments(
  keywords: unknown,
  fault: Fault,
  reference: (value: unknown, fault: Fault) => TensorReference | undefined,
): Argument[] {
  if (!isRecord(keywords)) return [];
  return Object.entries(keywords).flatMap(([name, value]): Argument[] => {
    const tensor = reference(value, fault);
    if (tensor) {
      if (!OPERANDS.has(name)) throw fault(`is given another layer's output as "${name}", which is not known`);
      return [{ tensor }];
    }
    return OPERANDS.has(name) && (typeof value === 'number' || isNumbers(value)) ? [{ constant: value }] : [];
  });
}

const OPERANDS = new Set(['x', 'y', 'x1', 'x2', 'inputs']);

function modernReference(value: unknown, fault: Fault): TensorReference | undefined {
  if (!isRecord(value) || value['class_name'] !== '__keras_tensor__') return undefined;
  const history = isRecord(value['config']) ? value['config']['keras_history'] : undefined;
  if (!isLegacyReference(history)) throw fault('takes a tensor of which it does not say from where');
  return legacyReference(history);
}

type LegacyReference = [string, number, number, ...unknown[]];

function isLegacyReference(value: unknown): value is LegacyReference {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';
}

function legacyReference([layer, call, output]: LegacyReference): TensorReference {
  return { layer, call, output };
}

function legacyArguments(tensor: unknown, fault: Fault): Argument[] {
  if (!isLegacyReference(tensor)) throw fault('has an inbound node of unknown form');
  const [layer, call, value, keywords] = tensor;
  const first: Argument =
    layer === '_CONSTANT_VALUE' && call === -1 && (typeof value === 'number' || isNumbers(value))
      ? { constant: value }
      : { tensor: legacyReference(tensor) };
  const reference = (value: unknown) => (isLegacyReference(value) ? legacyReference(value) : undefined);
  return [first, ...keywordArguments(keywords, fault, reference)];
}

function numbersOfArray(value: unknown): number[] | undefined {
  if (!isRecord(value) || value['class_name'] !== '__numpy__' || !isRecord(value['config'])) return undefined;
  const numbers = value['config']['value'];
  return isNumbers(numbers) ? numbers : undefined;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
