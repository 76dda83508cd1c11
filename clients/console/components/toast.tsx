// Short messages at the edge of the page, with an action such as "Undo" while they stand. Pointing at one or focusing it
// makes it stay. Screen readers hear them: the region is live.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/i18n.js';
import { Button } from './button.js';
import { Icon, type IconName } from './icon.js';
import { pushedOut } from './toast-room.js';

export type Tone = 'neutral' | 'ok' | 'warn' | 'bad';
export interface ToastOptions {
  readonly tone?: Tone;
  readonly action?: { readonly label: string; readonly run: () => void };
  /** How long it stands, in ms. Default 5,000; 8,000 with an action. */
  readonly durationMs?: number;
  /** Called once when it is gone and its action was not used. */
  readonly onExpire?: () => void;
}
interface Shown extends ToastOptions {
  readonly id: number;
  readonly message: string;
}

const toasts = signal<readonly Shown[]>([]);
let lastId = 0;

export interface ToastHandle {
  /** Takes it away as if its time had passed. */
  dismiss(): void;
}

export function toast(message: string, options: ToastOptions = {}): ToastHandle {
  const id = (lastId += 1);
  for (const old of pushedOut(toasts.value)) expire(old.id);
  toasts.value = [...toasts.value, { ...options, id, message }];
  return { dismiss: () => expire(id) };
}

function expire(id: number): void {
  const shown = taken(id);
  shown?.onExpire?.();
}

function taken(id: number): Shown | undefined {
  const shown = toasts.value.find((one) => one.id === id);
  toasts.value = toasts.value.filter((one) => one.id !== id);
  return shown;
}

const ICONS: Readonly<Record<Tone, IconName>> = { neutral: 'info', ok: 'check', warn: 'warning', bad: 'warning' };

/** Where they stand; once in the page. */
export function Toasts() {
  return (
    <div class="toasts" role="region" aria-label={t('shell.notifications')} aria-live="polite">
      {toasts.value.map((shown) => (
        <OneToast key={shown.id} shown={shown} />
      ))}
    </div>
  );
}

function OneToast({ shown }: { readonly shown: Shown }) {
  const { id, message, tone = 'neutral', action } = shown;
  const durationMs = shown.durationMs ?? (action ? 8_000 : 5_000);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = () => (timer.current = setTimeout(() => expire(id), durationMs));
  const stop = () => clearTimeout(timer.current);
  useEffect(() => {
    start();
    return stop;
  }, []);
  return (
    <div class={`toast toast-${tone}`} onPointerEnter={stop} onPointerLeave={start} onFocusIn={stop} onFocusOut={start}>
      <Icon name={ICONS[tone]} size={18} />
      <span class="toast-message">{message}</span>
      {action && (
        <Button
          kind="quiet"
          onClick={() => {
            stop();
            taken(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button kind="quiet" icon="close" label={t('shell.close')} onClick={() => expire(id)} />
    </div>
  );
}
