// Deletions that can be undone: hidden at once, done when the time to undo has passed or the page goes away.
import { t } from '../i18n/i18n.js';
import { toast, type ToastHandle } from '../components/toast.js';
import { failureText } from './failure-text.js';

export interface Undoable {
  /** What was done, as it is told: "Anna deleted". */
  readonly message: string;
  /** Does it at the service. @param keepalive true: the page is going away, and the request must outlive it */
  readonly commit: (keepalive: boolean) => Promise<void>;
  /** It is not done after all, asked for by the user or because the service refused: show it again. */
  readonly restore: () => void;
}

const pending = new Map<Undoable, ToastHandle>();

export function doWithUndo(undoable: Undoable): void {
  const handle = toast(undoable.message, {
    action: {
      label: t('shell.undo'),
      run: () => {
        pending.delete(undoable);
        undoable.restore();
      },
    },
    onExpire: () => void commit(undoable, false),
  });
  pending.set(undoable, handle);
}

/** Does at once what can still be undone: whoever did it is about to leave. */
export async function commitPending(): Promise<void> {
  await Promise.all(
    [...pending].map(async ([undoable, handle]) => {
      const done = commit(undoable, false);
      handle.dismiss();
      await done;
    }),
  );
}

async function commit(undoable: Undoable, keepalive: boolean): Promise<void> {
  if (!pending.delete(undoable)) return;
  try {
    await undoable.commit(keepalive);
  } catch (error) {
    undoable.restore();
    toast(failureText(error), { tone: 'bad' });
  }
}

addEventListener('pagehide', () => {
  for (const undoable of [...pending.keys()]) void commit(undoable, true);
});
