// The registered streams as the page knows them: asked for every two seconds while somebody looks, and at once when one comes
// or goes. Deleted ones are hidden before they are gone, so that it can be undone.
import { computed, signal } from '@preact/signals';
import type { StreamAnswer } from '../../http-client.js';
import { failureText } from '../app/failure-text.js';
import { onEvent } from '../app/event-feed.js';
import { orGone } from '../app/gone.js';
import { http } from '../app/service.js';
import { doWithUndo } from '../app/undo.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';

const POLL_MS = 2_000;

/** A stream with how fast its frames were looked at lately; null until that is known. */
export interface WatchedStream extends StreamAnswer {
  readonly rate: number | null;
}

const registered = signal<readonly WatchedStream[] | undefined>(undefined);
const hidden = signal<ReadonlySet<string>>(new Set());
let askedAtMs = 0;

/** Why they could not be asked for. */
export const loadFailure = signal<string | undefined>(undefined);
/** By name; undefined until they are there. */
export const streams = computed(() => registered.value?.filter(({ id }) => !hidden.value.has(id)));

export async function loadStreams(): Promise<void> {
  try {
    const found: StreamAnswer[] = [];
    for await (const stream of http.streams.all()) found.push(stream);
    const nowMs = performance.now();
    const before = new Map(registered.value?.map((stream) => [stream.id, stream]));
    const seconds = (nowMs - askedAtMs) / 1000;
    registered.value = found.map((stream) => ({ ...stream, rate: rateOf(before.get(stream.id), stream, seconds) }));
    askedAtMs = nowMs;
    loadFailure.value = undefined;
  } catch (error) {
    loadFailure.value = failureText(error);
  }
}

/** Keeps them up to date. @returns how to stop */
export function watchStreams(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const next = async (): Promise<void> => {
    clearTimeout(timer);
    if (!document.hidden) await loadStreams();
    // Stopped while it was waited for.
    if (!isOver) timer = setTimeout(() => void next(), POLL_MS);
  };
  const stopListening = onEvent((event) => {
    if (event.kind.startsWith('stream_')) void loadStreams();
  });
  void next();
  return () => {
    isOver = true;
    clearTimeout(timer);
    stopListening();
  };
}

/** What the service answered about one, in place of what was known. */
export function keepStream(stream: StreamAnswer): void {
  const others = (registered.value ?? []).filter(({ id }) => id !== stream.id);
  registered.value = [...others, { ...stream, rate: null }].sort((one, other) => (one.id < other.id ? -1 : 1));
}

export async function setEnabled(id: string, enabled: boolean): Promise<void> {
  try {
    keepStream(await http.streams.change(id, { enabled }));
  } catch (error) {
    toast(failureText(error), { tone: 'bad' });
  }
}

export function deleteStream(id: string): void {
  const show = () => (hidden.value = new Set([...hidden.value].filter((other) => other !== id)));
  hidden.value = new Set([...hidden.value, id]);
  doWithUndo({
    message: t('streams.deleted', { name: id }),
    commit: async (keepalive) => {
      await orGone(http.streams.remove(id, { keepalive }));
      registered.value = registered.value?.filter((stream) => stream.id !== id);
      show();
    },
    restore: show,
  });
}

function rateOf(before: StreamAnswer | undefined, now: StreamAnswer, seconds: number): number | null {
  const frames = (now.frames?.ok ?? 0) - (before?.frames?.ok ?? 0);
  // It was started anew, or was not asked for lately.
  if (now.state !== 'live' || before?.frames === undefined || frames < 0 || seconds < 0.5 || seconds > 10) return null;
  return frames / seconds;
}
