// The view of the events: who came and left, newest first, as it happens.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { feedState } from '../app/event-feed.js';
import { goTo, linkTo } from '../app/router.js';
import { can } from '../app/session.js';
import { Badge } from '../components/badge.js';
import { Button, LinkButton } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { Spinner } from '../components/spinner.js';
import { ViewHeader } from '../components/view-header.js';
import { formatDay, t } from '../i18n/i18n.js';
import { loadPeople } from '../people/people-store.js';
import { EnrolTrackDialog } from './enrol-track-dialog.js';
import { eventFilter, EventFilters, isFiltered, RANGE_MS } from './event-filters.js';
import { StreamRow } from './stream-row.js';
import { Timeline } from './timeline.js';
import { TrackDialog } from './track-dialog.js';
import { VisitCard, VisitPicture } from './visit-card.js';
import { isOfKind, type TimelineItem, type Visit } from './visits.js';
import './events.css';

export default function EventsView() {
  const filter = eventFilter();
  const { stream, person } = filter;
  const timeline = useMemo(
    () => new Timeline({ ...(stream === '' ? {} : { stream }), ...(person === '' ? {} : { person }) }),
    [stream, person],
  );
  useEffect(() => () => timeline.close(), [timeline]);
  useEffect(() => void loadPeople(), []);
  const nowMs = useNow();
  const [shown, setShown] = useState<string>();
  const [enrolling, setEnrolling] = useState<Visit>();

  const all = timeline.items.value;
  const sinceMs = nowMs - RANGE_MS[filter.time];
  const items = all.filter((item) => isOfKind(item, filter.kind) && endOf(item) >= sinceMs);
  const open = all.find((item): item is Visit => item.is === 'visit' && item.key === shown);
  const state = timeline.state.value;
  const hasOlder = timeline.hasOlder.value && timeline.oldestMs > sinceMs;

  return (
    <>
      <ViewHeader
        title={t('events.title')}
        subtitle={t('events.subtitle')}
        actions={feedState.value === 'live' ? undefined : <Badge tone="warn">{t('events.not_live')}</Badge>}
      />
      {(all.length > 0 || isFiltered(filter)) && <EventFilters filter={filter} />}
      {state === 'failed' && (
        <EmptyState
          icon="warning"
          title={timeline.failure.value}
          actions={<Button onClick={() => void timeline.loadOlder()}>{t('shell.retry')}</Button>}
        />
      )}
      {items.length === 0 && state === 'ready' && !hasOlder && <Nothing isFiltered={isFiltered(filter)} />}
      {byDay(items).map(({ day, ofDay }) => (
        <section key={day} class="events-day" aria-label={day}>
          <h2 class="events-day-title">{day}</h2>
          <ol class="events-list">
            {ofDay.map((item) => (
              <li key={item.key} class={timeline.fresh.has(item.key) ? 'events-fresh' : undefined}>
                {item.is === 'stream' ? (
                  <StreamRow change={item} />
                ) : (
                  <VisitCard visit={item} nowMs={nowMs} onOpen={() => setShown(item.key)} onEnrol={() => setEnrolling(item)} />
                )}
              </li>
            ))}
          </ol>
        </section>
      ))}
      {state === 'loading' && <Spinner />}
      {state === 'ready' && hasOlder && (
        <div class="events-older">
          <Button onClick={() => void timeline.loadOlder()}>{t('events.older')}</Button>
        </div>
      )}
      {open && !enrolling && (
        <TrackDialog
          visit={open}
          nowMs={nowMs}
          onEnrol={() => setEnrolling(open)}
          onForgotten={() => timeline.forget(open.key)}
          onClose={() => setShown(undefined)}
        />
      )}
      {enrolling && (
        <EnrolTrackDialog
          track={enrolling.key}
          picture={<VisitPicture visit={enrolling} size="large" />}
          hint={t('events.enrol_hint')}
          formClass="events-enrol"
          onForgotten={() => timeline.forget(enrolling.key)}
          onClose={() => setEnrolling(undefined)}
        />
      )}
    </>
  );
}

function Nothing({ isFiltered: filtered }: { readonly isFiltered: boolean }) {
  if (filtered) {
    return (
      <EmptyState
        icon="filter"
        title={t('events.nothing_found')}
        actions={<Button onClick={() => goTo(linkTo('events'), { replace: true })}>{t('events.clear_filters')}</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon="events"
      title={t('events.empty')}
      actions={
        <>
          <LinkButton icon="live" href={linkTo('live')}>
            {t('events.to_live')}
          </LinkButton>
          {can('administer') && (
            <LinkButton kind="primary" icon="add" href={linkTo('streams')}>
              {t('events.to_streams')}
            </LinkButton>
          )}
        </>
      }
    >
      {t('events.empty_hint')}
    </EmptyState>
  );
}

const endOf = (item: TimelineItem): number => (item.is === 'visit' ? item.endMs : item.startMs);

function byDay(items: readonly TimelineItem[]): readonly { readonly day: string; readonly ofDay: readonly TimelineItem[] }[] {
  const days = new Map<string, TimelineItem[]>();
  for (const item of items) {
    const day = formatDay(item.startMs);
    days.set(day, [...(days.get(day) ?? []), item]);
  }
  return [...days].map(([day, ofDay]) => ({ day, ofDay }));
}

/** The time, a few times a minute: what can still be enrolled, and how long a visit lasts, change with it. */
function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
