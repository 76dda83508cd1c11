// One visit: who it was, when and where, and how it came about.
import { linkTo } from '../app/router.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { FacePicture } from '../components/face-picture.js';
import { Icon } from '../components/icon.js';
import { formatDuration, formatNumber, formatTime, t } from '../i18n/i18n.js';
import { personOf, pictureOf } from '../people/people-store.js';
import type { TrackKept, Visit } from './visits.js';

/** The service remembers the faces of a track for so long after it has left. */
const ENROL_WITHIN_MS = 5 * 60_000;

interface VisitCardProps {
  readonly visit: Visit;
  readonly nowMs: number;
  readonly onOpen: () => void;
  readonly onEnrol: () => void;
}

export function VisitCard({ visit, nowMs, onOpen, onEnrol }: VisitCardProps) {
  const { last } = visit;
  const name = nameIn(visit);
  return (
    <article class="events-visit">
      <button
        type="button"
        class="events-open"
        aria-label={t('events.details_of', { name: name ?? t('events.unknown') })}
        onClick={onOpen}
      >
        <VisitPicture visit={visit} />
      </button>
      <div class="events-about">
        <h3 class="events-name">
          {last.person ? (
            <a href={linkTo('people', [last.person.id])}>{name}</a>
          ) : (
            <span class="muted">{t('events.unknown')}</span>
          )}
          {!visit.hasLeft && <Badge tone="ok">{t('events.in_view')}</Badge>}
          {last.person && last.similarity !== null && (
            <Badge title={t('events.similarity')}>{formatNumber(last.similarity)}</Badge>
          )}
        </h3>
        <p class="events-where">
          <span class="events-stream">
            <Icon name="live" size={15} />
            <span class="truncate">{visit.stream}</span>
          </span>
          <span>{formatTime(visit.startMs)}</span>
          <span>{formatDuration(visit.endMs - visit.startMs)}</span>
        </p>
        <Steps events={visit.events} />
      </div>
      <div class="events-actions">
        {canEnrol(visit, nowMs) && (
          <Button icon="add" onClick={onEnrol}>
            {t('events.enrol')}
          </Button>
        )}
        <Button kind="quiet" icon="next" label={t('events.details_of', { name: name ?? t('events.unknown') })} onClick={onOpen} />
      </div>
    </article>
  );
}

export function VisitPicture({ visit, size = 'medium' }: { readonly visit: Visit; readonly size?: 'medium' | 'large' }) {
  const person = personOf(visit.last.person?.id ?? '');
  return <FacePicture jpeg={visit.thumbnail} url={pictureOf(person)} name={nameIn(visit) ?? ''} size={size} />;
}

/** Today's name of who it was; what was told keeps the name of then. */
export function nameIn({ last: { person } }: Visit): string | undefined {
  return person ? (personOf(person.id)?.name ?? person.name) : undefined;
}

export function canEnrol(visit: Visit, nowMs: number): boolean {
  return visit.last.person === null && (!visit.hasLeft || nowMs - visit.last.ts < ENROL_WITHIN_MS);
}

/** What was told, one word each with its time. */
export function Steps({ events }: { readonly events: readonly TrackKept[] }) {
  return (
    <ol class="events-steps">
      {events.map((event) => (
        <li key={event.id} class={`events-step events-step-${event.kind}`}>
          {stepText(event)} <time dateTime={new Date(event.ts).toISOString()}>{formatTime(event.ts)}</time>
        </li>
      ))}
    </ol>
  );
}

function stepText({ kind, person }: TrackKept): string {
  if (kind === 'change')
    return person ? t('events.step_changed', { name: personOf(person.id)?.name ?? person.name }) : t('events.step_unnamed');
  return t(`events.step_${kind}`);
}
