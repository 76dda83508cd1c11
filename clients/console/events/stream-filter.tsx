// The choice of a stream, with those of browsers in a group of their own.
import { useEffect, useId, useState } from 'preact/hooks';
import { http } from '../app/service.js';
import { t } from '../i18n/i18n.js';
import { seenStreams, streamChoices } from './stream-choices.js';
import { streamName } from './stream-name.js';

interface StreamFilterProps {
  readonly value: string;
  readonly onChange: (id: string) => void;
}

export function StreamFilter({ value, onChange }: StreamFilterProps) {
  const id = useId();
  const { cameras, browsers } = streamChoices(useRegistered(), seenStreams.value, [value]);
  const option = (stream: string) => (
    <option key={stream} value={stream} selected={stream === value}>
      {streamName(stream)}
    </option>
  );
  return (
    <div class="field">
      <label for={id} class="visually-hidden">
        {t('events.filter_stream')}
      </label>
      <select id={id} class="input" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="" selected={value === ''}>
          {t('events.any_stream')}
        </option>
        {cameras.map(option)}
        {browsers.length > 0 && <optgroup label={t('events.browsers')}>{browsers.map(option)}</optgroup>}
      </select>
    </div>
  );
}

/** Ids of the cameras that the service watches by itself; none until they are known. */
function useRegistered(): readonly string[] {
  const [registered, setRegistered] = useState<readonly string[]>([]);
  useEffect(() => {
    http.streams.list({ limit: 500 }).then(
      ({ streams }) => setRegistered(streams.map(({ id }) => id)),
      () => undefined,
    );
  }, []);
  return registered;
}
