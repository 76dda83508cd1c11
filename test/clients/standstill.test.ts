// A client that stands still for longer than it waits for answers, as on a laptop that is closed: the answers wait for it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ScriptedService, until, type Message, type ScriptedConnection } from './scripted-service.js';

// Compiled: a process of its own.
const program = fileURLToPath(new URL('../../dist/test/clients/standing-process.js', import.meta.url));
const TIMEOUT_MS = 2000;
const STANDS_MS = 4500;

test('a client that stood still finds the answers that came meanwhile, and loses nothing', { timeout: 60_000 }, async () => {
  let asked: { readonly frame: Message; readonly connection: ScriptedConnection } | undefined;
  let response: ServerResponse | undefined;
  const service = await ScriptedService.start({
    onMessage: (frame, connection) => {
      if (frame.t !== 'frame') return false;
      asked = { frame, connection };
      return true;
    },
    onRequest: (_request, waiting) => (response = waiting),
  });
  const client = spawn(process.execPath, [program, service.url, String(TIMEOUT_MS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(client, 'close');
  let said = '';
  client.stdout.on('data', (text: Buffer) => (said += text.toString()));
  try {
    await until(() => asked !== undefined && response !== undefined);
    client.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, STANDS_MS));
    response?.end('');
    if (asked) asked.connection.answer(asked.frame);
    client.kill('SIGCONT');
    await ended;
    expect(said.trim().split('\n').sort()).toEqual(['frame answered', 'over', 'request answered']);
  } finally {
    client.kill('SIGKILL');
    await service.close();
  }
});
