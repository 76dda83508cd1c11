// What a family of object detectors is: how its networks are fed where their manifest does not say, and how what they give is read.
import type { Outputs } from '../family.js';
import type { ObjectFamily } from '../served/read-served-model.js';
import type { TensorInput } from '../tensor-input.js';

/** Something that was found, in pixels of the network's input. */
export interface RawObject {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** 0..1 */
  readonly score: number;
  /** Index of its class. */
  readonly classIndex: number;
}

export interface ObjectDecoder extends ObjectFamily {
  /**
   * Reads what was found in one picture of a batch. Pure.
   * @param least boxes with a lower score are left out
   * @returns boxes that may overlap, of one class or of several at one place, unless `isFinal`
   */
  decode(outputs: Outputs, index: number, input: TensorInput, least: number): RawObject[];
  /** Whether the network itself leaves one box for each object. */
  readonly isFinal: boolean;
}
