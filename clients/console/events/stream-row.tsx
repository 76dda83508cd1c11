// A camera that came or went.
import { Icon } from '../components/icon.js';
import { formatTime, t } from '../i18n/i18n.js';
import { sourceReason } from '../streams/source-reason.js';
import type { StreamChange } from './visits.js';

export function StreamRow({ change: { event } }: { readonly change: StreamChange }) {
  const isUp = event.kind === 'stream_up';
  return (
    <p class={isUp ? 'events-change' : 'events-change events-change-down'}>
      <Icon name={isUp ? 'check' : 'warning'} size={16} />
      <span>
        {t(isUp ? 'events.stream_up' : 'events.stream_down', { stream: event.stream })}
        {event.reason !== null && <span class="muted"> · {sourceReason(event.reason).text}</span>}
      </span>
      <time class="muted" dateTime={new Date(event.ts).toISOString()}>
        {formatTime(event.ts)}
      </time>
    </p>
  );
}
