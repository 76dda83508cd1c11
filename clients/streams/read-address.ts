// The address of a camera as the user gives it: as a word, or on stdin, where no shell's history keeps its password.
// Must never show it.
import { UsageError } from '../terminal/failure.js';
import { firstLine } from '../terminal/first-line.js';

/** @param word the address, or `-` for the first line of stdin. @throws UsageError when there is none */
export async function readAddress(word: string): Promise<string> {
  const address = word === '-' ? await firstLine('address of the camera') : word.trim();
  if (address === '') throw new UsageError('the address is empty');
  return address;
}
