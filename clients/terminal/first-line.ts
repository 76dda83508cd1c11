// The first line of stdin: where an address or a key comes from that no shell's history and no list of processes is to show.
// Must never show it.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './failure.js';

let isRead = false;

/**
 * @param what is asked for on a terminal, where what is typed is not shown
 * @throws UsageError when something else was read from there already
 */
export async function firstLine(what: string): Promise<string> {
  if (isRead) throw new UsageError('only one thing can come from stdin');
  isRead = true;
  const isTerminal = process.stdin.isTTY;
  if (isTerminal) process.stderr.write(`${what}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal });
  // Of a terminal that is read key by key, Ctrl-C comes as a key.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
    // A terminal or a pipe that stays open must not keep the program alive.
    process.stdin.destroy();
  }
}
