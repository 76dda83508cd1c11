// Live: what a camera sees, with who was recognised drawn on the very frame it was seen in, and what is going on in words.
import { useEffect, useRef, useState } from 'preact/hooks';
import { linkTo, goTo, route } from '../app/router.js';
import { http } from '../app/service.js';
import { can } from '../app/session.js';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { SelectField } from '../components/field.js';
import { ViewHeader } from '../components/view-header.js';
import { FacePicture } from '../components/face-picture.js';
import { t } from '../i18n/i18n.js';
import { EnrolTrackDialog } from '../events/enrol-track-dialog.js';
import { faceCrop } from './face-crop.js';
import { ClassesInView } from './classes-in-view.js';
import { FacesInView } from './faces-in-view.js';
import { FiguresCard } from './figures-card.js';
import { FilmDrop } from './film-drop.js';
import type { LiveFace } from './live-face.js';
import { LiveSession } from './live-session.js';
import type { Choice } from './live-source.js';
import { loadText, statusOf } from './live-status.js';
import { ObjectsInView } from './objects-in-view.js';
import { PictureStage } from './picture-stage.js';
import { StageChart } from './stage-chart.js';
import { canStartAtOnce, useCameras } from './use-cameras.js';
import './live.css';

export default function LiveView() {
  const [choice, setChoice] = useState<Choice>();
  const [session, setSession] = useState<LiveSession>();
  const [streams, setStreams] = useState<readonly string[]>([]);
  const wanted = route.value.query.get('stream');
  const mayFeed = can('feed');

  useEffect(() => {
    if (wanted !== null) setChoice({ kind: 'stream', id: wanted });
    else if (mayFeed) void canStartAtOnce().then((isAllowed) => isAllowed && setChoice((chosen) => chosen ?? { kind: 'camera' }));
  }, [wanted]);
  useEffect(() => {
    if (!can('view')) return;
    http.streams.list({ limit: 500 }).then(
      (page) => setStreams(page.streams.map(({ id }) => id)),
      () => undefined,
    );
  }, []);
  useEffect(() => {
    if (!choice) return setSession(undefined);
    const opened = new LiveSession(choice);
    setSession(opened);
    return () => void opened.close();
  }, [choice]);

  const choose = (next: Choice | undefined) => {
    goTo(linkTo('live', [], { stream: next?.kind === 'stream' ? next.id : undefined }), { replace: true });
    setChoice(next);
  };
  return (
    <FilmDrop onFilm={mayFeed ? (file) => choose({ kind: 'file', file }) : undefined}>
      {(openFilm) => (
        <>
          <ViewHeader
            title={t('live.title')}
            actions={
              <>
                <SourceField choice={choice} streams={streams} session={session} onChoose={choose} />
                {mayFeed && (
                  <Button icon="upload" onClick={openFilm}>
                    {t('live.open_film')}
                  </Button>
                )}
                {choice && (
                  <Button icon="close" onClick={() => choose(undefined)}>
                    {t('live.stop')}
                  </Button>
                )}
              </>
            }
          />
          {session && choice ? (
            <Shown session={session} choice={choice} onRetry={() => setChoice({ ...choice })} />
          ) : (
            <EmptyState
              icon="live"
              title={t('live.idle')}
              actions={
                mayFeed && (
                  <Button kind="primary" icon="camera" onClick={() => choose({ kind: 'camera' })}>
                    {t('live.start')}
                  </Button>
                )
              }
            >
              {t(mayFeed ? 'live.idle_hint' : streams.length > 0 ? 'live.idle_viewer' : 'live.idle_viewer_none')}
            </EmptyState>
          )}
        </>
      )}
    </FilmDrop>
  );
}

interface SourceFieldProps {
  readonly choice: Choice | undefined;
  readonly streams: readonly string[];
  readonly session: LiveSession | undefined;
  readonly onChoose: (choice: Choice | undefined) => void;
}

function SourceField({ choice, streams, session, onChoose }: SourceFieldProps) {
  const cameras = useCameras(session?.state.value.is === 'live');
  // One that does not exist, or is not known yet, is what was chosen all the same.
  const ids = choice?.kind === 'stream' && !streams.includes(choice.id) ? [choice.id, ...streams] : streams;
  const options = [
    ...(choice ? [] : [{ value: '', label: t('live.choose') }]),
    ...(choice?.kind === 'file' ? [{ value: 'file', label: choice.file.name }] : []),
    ...(can('feed') ? [{ value: 'camera', label: t('live.this_camera') }] : []),
    ...(cameras.length > 1 ? cameras.map(({ deviceId, label }) => ({ value: `camera:${deviceId}`, label })) : []),
    ...ids.map((id) => ({ value: `stream:${id}`, label: t('live.registered', { stream: id }) })),
  ];
  return (
    <SelectField
      label={t('live.source')}
      hideLabel
      value={valueOf(choice)}
      options={options}
      onChange={(value) => {
        const [kind, id = ''] = value.split(/:(.*)/s);
        if (kind === 'stream') onChoose({ kind, id });
        else if (kind === 'camera') onChoose(id === '' ? { kind } : { kind, deviceId: id });
      }}
    />
  );
}

function valueOf(choice: Choice | undefined): string {
  if (!choice) return '';
  if (choice.kind === 'stream') return `stream:${choice.id}`;
  if (choice.kind === 'file') return 'file';
  return choice.deviceId === undefined ? 'camera' : `camera:${choice.deviceId}`;
}

function nameOf(choice: Choice): string {
  if (choice.kind === 'stream') return choice.id;
  return choice.kind === 'file' ? choice.file.name : t('live.this_camera');
}

interface InViewProps {
  readonly session: LiveSession;
  readonly onEnrol: ((face: LiveFace) => void) | undefined;
}

function InView({ session, onEnrol }: InViewProps) {
  const found = session.found.value;
  if (found?.shows) return <ClassesInView of={found.shows} />;
  if (found?.of === 'objects') return <ObjectsInView marks={found.marks} />;
  return <FacesInView session={session} onEnrol={onEnrol} />;
}

interface Enrolling {
  readonly track: string;
  readonly picture: Uint8Array | undefined;
}

interface ShownProps {
  readonly session: LiveSession;
  readonly choice: Choice;
  readonly onRetry: () => void;
}

function Shown({ session, choice, onRetry }: ShownProps) {
  const [enrolling, setEnrolling] = useState<Enrolling>();
  const isGone = useRef(false);
  useEffect(() => () => void (isGone.current = true), []);
  const state = session.state.value;
  const status = statusOf(state, session.found.value);
  const load = state.is === 'live' ? loadText(session.figures.value) : undefined;

  const enrol = async ({ track, box }: LiveFace) => {
    if (track === null) return;
    // The face as it was when the button was pressed, in the frame that is newest then.
    const { newest } = session;
    const now = newest?.result.faces.find((face) => face.track === track);
    const picture = newest && (await faceCrop(newest.image, now?.box ?? box));
    if (!isGone.current) setEnrolling({ track, picture });
  };
  return (
    <div class="live-layout">
      <div class="live-main">
        <PictureStage session={session} label={t('live.picture', { source: nameOf(choice) })} />
        <div class="live-status-line">
          <p class={`live-status live-status-${status.tone}`} role="status">
            <span class="live-status-dot" aria-hidden="true" />
            {status.text}
          </p>
          <p class="live-load muted" role="status">
            {load}
          </p>
          {state.is === 'failed' && (
            <Button icon="refresh" onClick={onRetry}>
              {t('shell.retry')}
            </Button>
          )}
        </div>
      </div>
      <div class="live-side">
        <InView session={session} onEnrol={can('enrol') ? (face) => void enrol(face) : undefined} />
        <StageChart session={session} />
        <FiguresCard session={session} />
      </div>
      {enrolling && (
        <EnrolTrackDialog
          track={enrolling.track}
          picture={<FacePicture jpeg={enrolling.picture} size="large" />}
          hint={t('live.enrol_hint')}
          formClass="live-enrol"
          onClose={() => setEnrolling(undefined)}
        />
      )}
    </div>
  );
}
