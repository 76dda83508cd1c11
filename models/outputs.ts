// Access to the outputs of a run for the families: an output that is not there is told by name, not as undefined.
import type { Outputs, OutputTensor } from './family.js';

/** The output of that name. @throws Error that lists what the network has instead */
export function outputNamed(outputs: Outputs, name: string): OutputTensor {
  const tensor = outputs[name];
  if (tensor === undefined) throw new Error(`the network has no output "${name}", only ${Object.keys(outputs).join(', ')}`);
  return tensor;
}

/** The only output of a network whose output's name is of no account. @throws Error when there are several */
export function onlyOutput(outputs: Outputs): OutputTensor {
  const [tensor, second] = Object.values(outputs);
  if (tensor === undefined || second !== undefined) {
    throw new Error(`the network should have one output, but has ${Object.keys(outputs).join(', ') || 'none'}`);
  }
  return tensor;
}

/** What belongs to one item of the batch, as a view. */
export function itemOf(tensor: OutputTensor, index: number): Float32Array {
  const size = tensor.data.length / (tensor.dims[0] ?? 1);
  return tensor.data.subarray(index * size, (index + 1) * size);
}
