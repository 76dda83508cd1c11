// The address of a camera as the user gives it: as a word, or on stdin, where no shell's history keeps its password.
// Must never show it.
import { createInterface } from 'node:readline';
import { UsageError } from '../terminal/failure.js';

/** @param word the address, or `-` for the first line of stdin. @throws UsageError when there is none */
export async function readAddress(word: string): Promise<string> {
  const address = word === '-' ? await firstLine() : word.trim();
  if (address === '') throw new UsageError('the address is empty');
  return address;
}

async function firstLine(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('address of the camera: ');
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
    // A terminal or a pipe that stays open must not keep the program alive.
    process.stdin.destroy();
  }
}
