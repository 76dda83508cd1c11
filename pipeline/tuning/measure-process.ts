// The process that measures: it is asked once, answers once, and is then ended by the one that asked.
import { messageOf } from '../../protocol/errors.js';
import { measureCurves } from './measure-curves.js';
import type { MeasureAnswer, MeasureRequest } from './measure-protocol.js';

// A parent that is gone waits for no answer. At once, whatever the threads are inside of.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C and a stopping service manager mean the parent too, and it decides: it ends this process, or ends and is missed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

const tell = (answer: MeasureAnswer): void => void process.send?.(answer);
process.once('message', (request) => {
  measureCurves(request as MeasureRequest).then(
    (costs) => tell({ kind: 'costs', costs }),
    (error: unknown) => tell({ kind: 'failed', message: messageOf(error) }),
  );
});
