// Events of one's own stream, and streams that want nothing but events.
import { afterEach, expect, test } from 'vitest';
import { ConnectionLostError, OnlookerClient, type ClientOptions } from '../../clients/client.js';
import { FakeClock, ScriptedService, until, type Script } from './scripted-service.js';

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
const opened: { close(): Promise<void> }[] = [];

async function start(script: Script = {}, options: ClientOptions = {}) {
  const service = await ScriptedService.start(script);
  const client = await OnlookerClient.connect(service.url, options);
  opened.push(service, client);
  return { service, client };
}
afterEach(async () => {
  for (const resource of opened.splice(0)) await resource.close();
});

test('tells the events of the stream, and after a break those that were missed, each once and in order', async () => {
  const clock = new FakeClock();
  const { service, client } = await start(
    {
      onMessage(message, connection) {
        if (message.t !== 'open') return false;
        service.events.follow({ streams: [message.stream] }, connection.send);
        // One comes at once, before those that were missed can be asked for.
        if (service.events.kept.length > 1) service.events.tell();
        return false;
      },
    },
    { clock, random: () => 0 },
  );
  const door = await client.open({ stream: 'door' });
  const heard: string[] = [];
  door.on('event', (event) => heard.push(event.id));
  service.events.tell();
  await until(() => heard.length === 1);
  service.connections[0]?.socket.terminate();
  await until(() => !client.isConnected);
  service.events.tell();
  service.events.tell({ stream: 'hall' });
  service.events.tell();
  clock.advance(250);
  await until(() => heard.length === 4);
  expect(heard).toEqual(['e000001', 'e000002', 'e000004', 'e000005']);
  expect(service.messages('subscribe')).toEqual([{ t: 'subscribe', streams: ['door'], send: 'events', since: 'e000001' }]);
});

test('who was in view when the stream was closed leaves after it', async () => {
  const { service, client } = await start();
  const door = await client.open({ stream: 'door' });
  const heard: string[] = [];
  door.on('event', (event) => heard.push(event.kind));
  await door.close();
  service.connections[0]?.send({ t: 'event', ...service.events.tell({ kind: 'leave' }) });
  await until(() => heard.length === 1);
  expect(heard).toEqual(['leave']);
});

test('a stream that wants events alone waits for no result: it sends on as the network takes it', async () => {
  let received = 0;
  const { service, client } = await start({
    credits: 2,
    onMessage: (message) => message.t === 'frame' && ++received > 0,
  });
  const door = await client.open({ stream: 'door', send: 'events' });
  const sent = await Promise.all(Array.from({ length: 2000 }, (_, ts) => door.send(JPEG, { ts })));
  expect(sent.map(({ seq, ts, status }) => [seq, ts, status])).toEqual(Array.from({ length: 2000 }, (_, i) => [i, i, 'sent']));
  await until(() => received === 2000);
  expect(door.unanswered).toBe(0);
  expect(door.counts).toEqual({ sent: 2000, ok: 0, dropped: 0, errors: 0, lost: 0 });
  expect(service.messages('open')).toEqual([{ t: 'open', stream: 'door', send: 'events' }]);
});

test('such a stream never has more in the socket than its credits while the network does not take it', async () => {
  const { service, client } = await start({ credits: 2, onMessage: (message) => message.t === 'frame' });
  const door = await client.open({ stream: 'door', send: 'events' });
  (service.connections[0]?.socket as unknown as { _socket: { pause(): void } })._socket.pause();
  const large = new Uint8Array(4 * 1024 * 1024);
  let done = 0;
  const frames = Array.from({ length: 12 }, () => door.send(large).then(() => (done += 1)));
  const lost = Promise.allSettled(frames);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(door.unanswered).toBe(2);
  expect(done).toBeLessThan(10);
  expect(door.trySend(large)).toBe(false);
  service.connections[0]?.socket.terminate();
  await until(() => !client.isConnected);
  const [first] = (await Promise.race([lost, client.close().then(() => lost)])).filter(({ status }) => status === 'rejected');
  expect(first).toMatchObject({ reason: expect.any(ConnectionLostError) as unknown });
});
