// A process of its own that sends one frame and asks one thing over HTTP, and says what came of it: to be stopped meanwhile.
import { OnlookerClient } from '../../clients/client.js';
import { createHttpClient } from '../../clients/http-client.js';

const url = process.argv[2] ?? '';
const timeoutMs = Number(process.argv[3]);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const client = await OnlookerClient.connect(url, { answerTimeoutMs: timeoutMs });
client.on('disconnected', ({ error }) => say(`disconnected: ${error.message}`));
const door = await client.open({ stream: 'door' });
const told = (name: string, answer: Promise<unknown>): Promise<void> =>
  answer.then(
    () => say(`${name} answered`),
    (error: unknown) => say(`${name} failed: ${(error as Error).message}`),
  );
await Promise.all([
  told('frame', door.send(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9))),
  told('request', createHttpClient(url, { timeoutMs }).metrics()),
]);
await client.close();
say('over');
