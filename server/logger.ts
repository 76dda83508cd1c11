// The service's log: JSON lines, or readable lines on a terminal. Never a name, an image, an embedding or a query
// string: people appear as ids, and secrets are cut out whoever logs them.
import { pino, type Logger } from 'pino';
import type { Settings } from './settings.js';

export type { Logger } from 'pino';

export async function createLogger(level: Settings['logLevel']): Promise<Logger> {
  const options = { level, redact: ['name', '*.name', 'headers.authorization', 'ticket', 'key'], base: null };
  if (!process.stdout.isTTY) return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime });
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', sync: true }));
}
