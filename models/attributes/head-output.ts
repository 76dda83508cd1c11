// What a head gives of one face: numbers of which there are as many as its family has, and all of them finite.
import type { OutputTensor } from '../family.js';
import { itemOf } from '../outputs.js';

/** @throws Error for the outputs of another network */
export function numbersOf(tensor: OutputTensor, index: number, count: number): Float32Array {
  const numbers = itemOf(tensor, index);
  if (numbers.length !== count) throw new Error(`the network gives ${numbers.length} numbers a face instead of ${count}`);
  if (!numbers.every(Number.isFinite)) throw new Error('the network gives numbers that are not finite');
  return numbers;
}
