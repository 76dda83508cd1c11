// A camera that came or went, froze or moves again.
import { Icon } from '../components/icon.js';
import { formatTime, t } from '../i18n/i18n.js';
import { sourceReason } from '../streams/source-reason.js';
import type { StreamChange } from './visits.js';

export function StreamRow({ change: { event } }: { readonly change: StreamChange }) {
  const isUp = event.kind === 'stream_up' || event.kind === 'stream_moving';
  // The text says why by itself.
  const reason = event.kind === 'stream_up' || event.kind === 'stream_down' ? event.reason : null;
  return (
    <p class={isUp ? 'events-change' : 'events-change events-change-down'}>
      <Icon name={isUp ? 'check' : 'warning'} size={16} />
      <span>
        {t(`events.${event.kind}`, { stream: event.stream })}
        {reason !== null && <span class="muted"> · {sourceReason(reason).text}</span>}
      </span>
      <time class="muted" dateTime={new Date(event.ts).toISOString()}>
        {formatTime(event.ts)}
      </time>
    </p>
  );
}
