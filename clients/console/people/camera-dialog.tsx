// Enrolling from this device's camera: who it is, then three pictures with a word about what to do for each.
import { useEffect, useRef, useState } from 'preact/hooks';
import { typedName } from '../../../protocol/name-text.js';
import type { Person } from '../../http-client.js';
import { CameraError } from '../../browser/camera-error.js';
import { failureText } from '../app/failure-text.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { TextField } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { shortName } from '../components/short-name.js';
import { Spinner } from '../components/spinner.js';
import { t } from '../i18n/i18n.js';
import { CameraEnrolment } from './camera-enrolment.js';
import { POSES, type Advice } from './guidance.js';
import { labelOf, loadPeople, people, personOf } from './people-store.js';
import { refusalText } from './refusal-text.js';
import { severalText } from './several-text.js';
import { TwinQuestion } from './twin-question.js';
import { meantBy } from '../../people/told-apart.js';

interface CameraDialogProps {
  /** Whose faces; without it the name is asked for. */
  readonly person?: Person | undefined;
  readonly onClose: () => void;
}

export function CameraDialog({ person, onClose }: CameraDialogProps) {
  const [name, setName] = useState(person?.name ?? '');
  const [isNamed, setNamed] = useState(person !== undefined);
  const { person: known, choices } = meantBy(name, people.value);
  const whose = person ?? known;
  if (isNamed) return <Filming name={whose?.name ?? typedName(name)} person={whose} onClose={onClose} />;
  const isSure = name.trim() !== '' && choices.length === 0;
  const start = () => isSure && setNamed(true);
  return (
    <Dialog
      title={t('people.camera_title')}
      keepsInput={name !== ''}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button kind="primary" icon="camera" disabled={!isSure} onClick={start}>
            {t('people.camera_start')}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <TextField
          label={t('people.name')}
          hint={severalText(choices) ?? t(known ? 'people.adds_to_known' : 'people.camera_hint')}
          value={name}
          maxLength={200}
          autoFocus
          suggestions={people.value?.map(labelOf)}
          onInput={setName}
        />
      </form>
    </Dialog>
  );
}

interface FilmingProps extends CameraDialogProps {
  readonly name: string;
}

function Filming({ name, person, onClose }: FilmingProps) {
  const [enrolment, setEnrolment] = useState<CameraEnrolment>();
  const [failure, setFailure] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let opened: CameraEnrolment | undefined;
    setFailure(undefined);
    CameraEnrolment.open(name, person, stop.signal).then(
      (made) => {
        opened = made;
        if (stop.signal.aborted) void made.close();
        else setEnrolment(made);
      },
      (error: unknown) => !stop.signal.aborted && setFailure(error),
    );
    return () => {
      stop.abort(new Error('the dialog was closed'));
      void opened?.close().then(() => loadPeople(true));
    };
  }, [attempt]);

  const count = enrolment?.taken.value.length ?? 0;
  return (
    <Dialog
      title={t('people.camera_of', { name: enrolment?.name.value ?? name })}
      wide
      keepsInput
      onClose={onClose}
      actions={
        <Button kind={count > 0 ? 'primary' : 'plain'} onClick={onClose}>
          {count > 0 ? t('people.done') : t('shell.cancel')}
        </Button>
      }
    >
      {failure !== undefined && (
        <div class="notice notice-bad" role="alert">
          <Icon name="warning" />
          <div class="stack">
            <p>{failure instanceof CameraError ? t(`people.camera_${failure.code}`) : failureText(failure)}</p>
            <span>
              <Button icon="refresh" onClick={() => setAttempt(attempt + 1)}>
                {t('shell.retry')}
              </Button>
            </span>
          </div>
        </div>
      )}
      {!enrolment && failure === undefined && <Spinner label={t('people.camera_opening')} />}
      {enrolment && <Guided enrolment={enrolment} />}
    </Dialog>
  );
}

function Guided({ enrolment }: { readonly enrolment: CameraEnrolment }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    enrolment.video.classList.add('people-camera-video');
    place.current?.prepend(enrolment.video);
  }, [enrolment]);
  const taken = enrolment.taken.value;
  const refusal = enrolment.refusal.value;
  const advice = adviceShown(enrolment);
  const isGood = advice === 'good' || advice === 'taking' || advice === 'done';
  return (
    <div class="people-camera">
      <div ref={place} class={isGood ? 'people-camera-picture people-camera-good' : 'people-camera-picture'}>
        <span class="people-camera-oval" aria-hidden="true" />
        <p class="people-camera-advice" role="status">
          {t(`people.advice_${advice}`)}
        </p>
      </div>
      <ol class="people-camera-steps">
        {POSES.map((pose, index) => (
          <li key={pose} aria-current={index === taken.length ? 'step' : undefined}>
            {taken[index] === undefined ? (
              <span class="people-camera-step">{index + 1}</span>
            ) : (
              <img class="people-camera-step" src={taken[index]} alt="" />
            )}
            <span>{t(`people.pose_${pose}`)}</span>
            {taken[index] !== undefined && <Icon name="check" size={16} />}
          </li>
        ))}
      </ol>
      {enrolment.canTakeAnyway.value && !enrolment.isSending.value && !enrolment.isDone && (
        <div class="row people-camera-anyway">
          <span class="muted">{t('people.anyway_hint')}</span>
          <Button icon="camera" onClick={() => enrolment.takeAnyway()}>
            {t('people.anyway')}
          </Button>
        </div>
      )}
      {refusal !== undefined && !enrolment.isDone && (
        <div class="notice notice-warn" role="alert">
          <Icon name="warning" />
          <div class="stack">
            <p>{refusalText(refusal, (id) => personOf(id)?.name)}</p>
            {enrolment.conflict.value !== undefined && <Conflict enrolment={enrolment} person={enrolment.conflict.value} />}
          </div>
        </div>
      )}
    </div>
  );
}

function adviceShown({ isDone, isSending, conflict, advice }: CameraEnrolment): Advice | 'done' | 'taking' | 'stopped' {
  if (isDone) return 'done';
  if (isSending.value) return 'taking';
  return conflict.value === undefined ? advice.value : 'stopped';
}

/** The face is somebody else's, who is enrolled: one click gives it to them. */
function Conflict({ enrolment, person }: { readonly enrolment: CameraEnrolment; readonly person: string }) {
  const owner = personOf(person);
  return (
    <span class="row">
      {owner && (
        <Button kind="primary" onClick={() => void enrolment.giveTo(owner)}>
          {t('people.add_rather', { name: shortName(owner.name) })}
        </Button>
      )}
      <Button icon="refresh" onClick={() => enrolment.tryAgain()}>
        {t('shell.retry')}
      </Button>
      {owner && (
        <TwinQuestion
          name={enrolment.name.value}
          other={owner.name}
          busy={enrolment.isSending.value}
          onYes={() => void enrolment.tellApart(owner.id)}
        />
      )}
    </span>
  );
}
