// What of the timeline is shown. The choice is in the address, so that it can be kept and sent to others.
import { goTo, linkTo, route } from '../app/router.js';
import { Button } from '../components/button.js';
import { SelectField } from '../components/field.js';
import { t } from '../i18n/i18n.js';
import { people } from '../people/people-store.js';
import { StreamFilter } from './stream-filter.js';
import { KINDS, type Kind } from './visits.js';

export const TIMES = ['any', 'hour', 'day', 'week'] as const;
export type TimeRange = (typeof TIMES)[number];
/** Ms back from now. */
export const RANGE_MS: Readonly<Record<TimeRange, number>> = {
  any: Infinity,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

export interface EventFilter {
  readonly stream: string;
  readonly person: string;
  readonly kind: Kind;
  readonly time: TimeRange;
}

/** As the address has it. */
export function eventFilter(): EventFilter {
  const { query } = route.value;
  return {
    stream: query.get('stream') ?? '',
    person: query.get('person') ?? '',
    kind: KINDS.find((kind) => kind === query.get('kind')) ?? 'all',
    time: TIMES.find((time) => time === query.get('time')) ?? 'any',
  };
}

export const isFiltered = ({ stream, person, kind, time }: EventFilter): boolean =>
  stream !== '' || person !== '' || kind !== 'all' || time !== 'any';

export function EventFilters({ filter }: { readonly filter: EventFilter }) {
  const change = (changed: Partial<EventFilter>) => {
    const { stream, person, kind, time } = { ...filter, ...changed };
    const query = { stream, person, kind: kind === 'all' ? '' : kind, time: time === 'any' ? '' : time };
    goTo(linkTo('events', [], query), { replace: true });
  };
  return (
    <search class="events-filters">
      <SelectField
        label={t('events.filter_kind')}
        hideLabel
        value={filter.kind}
        options={KINDS.map((value) => ({ value, label: t(`events.kind_${value}`) }))}
        onChange={(value) => change({ kind: KINDS.find((kind) => kind === value) ?? 'all' })}
      />
      <SelectField
        label={t('events.filter_person')}
        hideLabel
        value={filter.person}
        options={[
          { value: '', label: t('events.any_person') },
          ...(people.value ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(person) => change({ person })}
      />
      <StreamFilter value={filter.stream} onChange={(stream) => change({ stream })} />
      <SelectField
        label={t('events.filter_time')}
        hideLabel
        value={filter.time}
        options={TIMES.map((value) => ({ value, label: t(`events.time_${value}`) }))}
        onChange={(value) => change({ time: TIMES.find((time) => time === value) ?? 'any' })}
      />
      {isFiltered(filter) && (
        <Button kind="quiet" icon="close" onClick={() => goTo(linkTo('events'), { replace: true })}>
          {t('events.clear_filters')}
        </Button>
      )}
    </search>
  );
}
