// One visit: who it was, when and where, and how it came about.
import { linkTo } from '../app/router.js';
import { can } from '../app/session.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { FacePicture } from '../components/face-picture.js';
import { Icon } from '../components/icon.js';
import { formatDuration, formatSimilarity, formatTime, t } from '../i18n/i18n.js';
import { isDeleted, labelOf, personOf, pictureOf } from '../people/people-store.js';
import { streamName } from './stream-name.js';
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
  const which = { name: name ?? t('events.unknown'), stream: streamName(visit.stream), time: formatTime(visit.startMs) };
  return (
    <article class="events-visit">
      {/* For the pointer alone: the button at the end does the same for everybody. */}
      <div class="events-open" onClick={onOpen}>
        <VisitPicture visit={visit} />
      </div>
      <div class="events-about">
        <h3 class="events-name">
          {last.person && !isDeleted(last.person.id) ? (
            <a href={linkTo('people', [last.person.id])}>{name}</a>
          ) : (
            <span class="muted">{name ?? t('events.unknown')}</span>
          )}
          {!visit.hasLeft && <Badge tone="ok">{t('events.in_view')}</Badge>}
          {last.person && last.similarity !== null && (
            <Badge title={t('events.similarity')}>{formatSimilarity(last.similarity)}</Badge>
          )}
        </h3>
        <p class="events-where">
          <span class="events-stream">
            <Icon name="live" size={15} />
            <span class="truncate">{streamName(visit.stream)}</span>
          </span>
          <span>{formatTime(visit.startMs)}</span>
          <span>{formatDuration(lengthMs(visit, nowMs))}</span>
        </p>
        <Steps events={visit.events} />
      </div>
      <div class="events-actions">
        {canEnrol(visit, nowMs) && (
          <Button icon="add" label={t('events.enrol_of', which)} onClick={onEnrol}>
            {t('events.enrol')}
          </Button>
        )}
        <Button kind="quiet" icon="next" label={t('events.details_of', which)} onClick={onOpen} />
      </div>
    </article>
  );
}

export function VisitPicture({ visit, size = 'medium' }: { readonly visit: Visit; readonly size?: 'medium' | 'large' }) {
  const { person } = visit.last;
  // Of who was deleted nothing is shown any more, as the service itself does.
  if (person && isDeleted(person.id)) return <FacePicture size={size} />;
  return (
    <FacePicture jpeg={visit.thumbnail} url={pictureOf(personOf(person?.id ?? ''))} name={nameIn(visit) ?? ''} size={size} />
  );
}

/** Of somebody in view it goes on. */
export function lengthMs(visit: Visit, nowMs: number): number {
  return Math.max(1_000, (visit.hasLeft ? visit.endMs : Math.max(nowMs, visit.endMs)) - visit.startMs);
}

/** Today's name of who it was, or what it was; what was told keeps the name of then. Who was deleted meanwhile has none. */
export function nameIn({ last: { person, label } }: Visit): string | undefined {
  if (!person) return label;
  if (isDeleted(person.id)) return t('events.deleted_person');
  const known = personOf(person.id);
  return known ? labelOf(known) : person.name;
}

export function canEnrol(visit: Visit, nowMs: number): boolean {
  return (
    can('enrol') &&
    visit.last.person === null &&
    visit.last.label === undefined &&
    !visit.isForgotten &&
    (!visit.hasLeft || nowMs - visit.last.ts < ENROL_WITHIN_MS)
  );
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
