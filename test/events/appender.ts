// A process for the tests to kill: it opens the log of its first argument and does what the second says, telling each
// step that was reported durable on a line of its own.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { visit } from './visits.js';

const [dir = '', task = '', detail = ''] = process.argv.slice(2);
const tell = (line: string): void => void fs.writeSync(1, `${line}\n`);
const die = (): void => void process.kill(process.pid, 'SIGKILL');

const rename = fs.renameSync;
fs.renameSync = (from, to) => {
  if (detail === 'before-rename') die();
  rename(from, to);
  if (detail === 'after-rename') die();
};
syncBuiltinESMExports();
// After the patch above, which the log's own imports must see.
const { EventLog } = await import('../../pipeline/events/event-log.js');
const { RecordStore } = await import('../../pipeline/store/record-store.js');
const log = await EventLog.open({ dir, purgeDelayMs: 0 });

if (task === 'append') {
  // Bursts of 1 to 7, many on their way to the disk at once.
  let told: Promise<unknown> = Promise.resolve();
  for (let count = 0, burst = 1; count < 1000; count += burst, burst = (burst % 7) + 1) {
    const ids = log
      .append(
        visit('a')
          .slice(0, 1)
          .concat(Array.from({ length: burst - 1 }, () => visit('b')).flatMap(([event]) => event ?? [])),
      )
      .map(({ id }) => id);
    const flushed = log.flushed();
    told = Promise.all([told, flushed.then(() => tell(ids.join(' ')))]);
    if (count % 3 === 0) await setImmediate();
    if (count % 11 === 0) await flushed;
  }
  await told;
  setInterval(() => undefined, 1000);
} else if (task === 'forget') {
  const { commit } = RecordStore.prototype as { commit: (this: unknown, ...args: unknown[]) => Promise<void> };
  let commits = 0;
  RecordStore.prototype.commit = async function (...args) {
    await commit.apply(this, args);
    commits++;
    // The order, and then what is taken out of the first events.
    if (commits === { ordered: 1, stripping: 2 }[detail]) die();
  };
  await log.forgetPeople(['p0']);
  setInterval(() => undefined, 1000);
} else {
  tell('open');
  setInterval(() => undefined, 1000);
}
