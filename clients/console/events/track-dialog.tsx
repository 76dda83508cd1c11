// One visit in full: the faces that were seen, and why it was or was not named. What the service does not remember any
// more is told from the events alone.
import { useEffect, useState } from 'preact/hooks';
import type { TrackAnswer } from '../../http-client.js';
import { ServerError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { linkTo } from '../app/router.js';
import { http } from '../app/service.js';
import { Badge } from '../components/badge.js';
import { Button, LinkButton } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { FacePicture } from '../components/face-picture.js';
import { Meter } from '../components/meter.js';
import { Spinner } from '../components/spinner.js';
import { formatDuration, formatPercent, formatTime, t } from '../i18n/i18n.js';
import { isDeleted } from '../people/people-store.js';
import { DecisionChart } from './decision-chart.js';
import { decisionText, rememberedText } from './decision-text.js';
import { streamName } from './stream-name.js';
import { canEnrol, lengthMs, nameIn, Steps, VisitPicture } from './visit-card.js';
import type { Visit } from './visits.js';

interface TrackDialogProps {
  readonly visit: Visit;
  readonly nowMs: number;
  readonly onEnrol: () => void;
  /** The service does not know this visit any more. */
  readonly onForgotten: () => void;
  readonly onClose: () => void;
}

export function TrackDialog({ visit, nowMs, onEnrol, onForgotten, onClose }: TrackDialogProps) {
  const track = useTrack(visit);
  const known = typeof track === 'object' && 'track' in track ? track : undefined;
  const { person } = visit.last;
  const name = nameIn(visit);
  useEffect(() => {
    if (track === 'forgotten') onForgotten();
  }, [track]);
  const isEnrollable = canEnrol(visit, nowMs) && track !== 'forgotten';
  return (
    <Dialog
      title={name ?? t('events.unknown')}
      wide
      onClose={onClose}
      actions={
        person || isEnrollable ? (
          <>
            {person && !isDeleted(person.id) && (
              <LinkButton href={linkTo('people', [person.id])}>{t('events.open_person')}</LinkButton>
            )}
            {isEnrollable && (
              <Button kind="primary" icon="add" onClick={onEnrol}>
                {t('events.enrol')}
              </Button>
            )}
          </>
        ) : undefined
      }
    >
      <div class="stack">
        <div class="events-summary">
          <VisitPicture visit={visit} size="large" />
          <div class="stack events-summary-text">
            <p>
              {t('events.summary', {
                stream: streamName(visit.stream),
                time: formatTime(visit.startMs),
                duration: formatDuration(lengthMs(visit, nowMs)),
                count: known?.frames ?? visit.last.frames,
              })}{' '}
              {!visit.hasLeft && <Badge tone="ok">{t('events.in_view')}</Badge>}
            </p>
            <Steps events={visit.events} />
          </div>
        </div>
        <section class="stack" aria-labelledby="events-why">
          <h3 id="events-why">{person ? t('events.why_named') : t('events.why_not_named')}</h3>
          {track === undefined && <Spinner />}
          {track === 'forgotten' && <p>{rememberedText(visit.last)}</p>}
          {typeof track === 'object' && 'failure' in track && <p class="field-error">{track.failure}</p>}
          {known && <Decision track={known} />}
        </section>
        {known && known.faces.length > 0 && <SeenFaces track={known} />}
      </div>
    </Dialog>
  );
}

function Decision({ track }: { readonly track: TrackAnswer }) {
  const counted = track.votes.filter(({ counts }) => counts).length;
  return (
    <>
      <p>{decisionText(track)}</p>
      {track.candidates.length > 0 && <DecisionChart track={track} />}
      <p class="muted">{t('events.votes', { count: track.votes.length, counted })}</p>
    </>
  );
}

function SeenFaces({ track }: { readonly track: TrackAnswer }) {
  return (
    <section class="stack" aria-labelledby="events-faces">
      <h3 id="events-faces">{t('events.best_faces')}</h3>
      <ul class="events-faces">
        {track.faces.map((face) => (
          <li key={face.ts}>
            <FacePicture jpeg={face.picture} size="fill" />
            <Meter
              label={t('people.quality')}
              value={face.quality}
              text={formatPercent(face.quality)}
              tone={face.refused ? 'warn' : 'ok'}
            />
            {face.refused && <span class="muted events-refused">{t('events.not_enrollable')}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the service knows of the track, again whenever something is told of it. */
function useTrack(visit: Visit): TrackAnswer | 'forgotten' | { readonly failure: string } | undefined {
  const [answer, setAnswer] = useState<ReturnType<typeof useTrack>>();
  useEffect(() => {
    let isStale = false;
    http.tracks.get(visit.key).then(
      (track) => !isStale && setAnswer(track),
      (error: unknown) => {
        if (isStale) return;
        setAnswer(error instanceof ServerError && error.code === 'NOT_FOUND' ? 'forgotten' : { failure: failureText(error) });
      },
    );
    return () => void (isStale = true);
  }, [visit.key, visit.last.id]);
  return answer;
}
