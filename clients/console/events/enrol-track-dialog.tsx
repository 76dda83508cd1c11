// Gives a face that was seen a name: the best faces that the service has of its track are enrolled. Who opens it shows the
// face. Where somebody of that name is enrolled already it says whose faces they become before they do, and takes them back.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Person } from '../../http-client.js';
import type { Candidate } from '../../../protocol/payloads.js';
import { ServerError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { FacePicture } from '../components/face-picture.js';
import { TextField } from '../components/field.js';
import { toast } from '../components/toast.js';
import { enrolTrack, removeFaces, TrackForgottenError } from './enrol-track.js';
import { severalText } from '../people/several-text.js';
import { meantBy } from '../../people/told-apart.js';
import { personNamed } from './person-named.js';
import { formatSimilarity, t } from '../i18n/i18n.js';
import { labelOf, loadPeople, people, personOf, pictureOf } from '../people/people-store.js';
import { conflictOf, refusalText } from '../people/refusal-text.js';
import { TwinQuestion } from '../people/twin-question.js';
import './enrol-track.css';

interface EnrolTrackDialogProps {
  readonly track: string;
  /** The face. */
  readonly picture: ComponentChildren;
  /** What a new name does, in a sentence. */
  readonly hint: string;
  /** Lays out picture and name. */
  readonly formClass: string;
  /** The service does not know this track any more. */
  readonly onForgotten?: () => void;
  readonly onClose: () => void;
}

export function EnrolTrackDialog({ track, picture, hint, formClass, onForgotten, onClose }: EnrolTrackDialogProps) {
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<string>();
  const [conflict, setConflict] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [isForgotten, setForgotten] = useState(false);
  const forget = () => {
    setForgotten(true);
    onForgotten?.();
  };
  const candidates = useCandidates(track, forget);
  useEffect(() => {
    if (!people.value) void loadPeople();
  }, []);
  const wanted = name.trim();
  const known = personNamed(wanted, people.value);
  const { choices } = meantBy(wanted, people.value);
  const isSure = wanted !== '' && choices.length === 0;
  const other = conflict === undefined ? undefined : personOf(conflict);
  const enrol = async (twinOf: readonly string[] = []) => {
    if (!isSure || isBusy || isForgotten) return;
    setBusy(true);
    setFailure(undefined);
    setConflict(undefined);
    try {
      const { person, faces } = await enrolTrack(track, wanted, known, twinOf);
      if (known) tellAdded(person, faces);
      else toast(t('events.enrolled', { name: person.name, count: faces.length }), { tone: 'ok' });
      void loadPeople();
      onClose();
    } catch (error) {
      if (error instanceof TrackForgottenError) forget();
      else setFailure(refusalText(error, (id) => personOf(id)?.name));
      setConflict(conflictOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('events.enrol_title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button kind="primary" busy={isBusy} disabled={!isSure || isForgotten} onClick={() => void enrol()}>
            {known ? t('events.add_faces') : t('events.enrol')}
          </Button>
        </>
      }
    >
      <form
        class={formClass}
        onSubmit={(event) => {
          event.preventDefault();
          void enrol();
        }}
      >
        {picture}
        <TextField
          label={t('people.name')}
          hint={severalText(choices) ?? (known || isForgotten ? undefined : hint)}
          error={isForgotten ? t('events.why_forgotten') : failure}
          value={name}
          maxLength={200}
          autoFocus
          suggestions={people.value?.map(labelOf)}
          onInput={(typed) => {
            setName(typed);
            setConflict(undefined);
          }}
        />
      </form>
      {other && <TwinQuestion name={wanted} other={other.name} busy={isBusy} onYes={() => void enrol([other.id])} />}
      <div role="status">
        {known && <Known person={known} similarity={candidates.find(({ id }) => id === known.id)?.similarity} />}
      </div>
    </Dialog>
  );
}

/** Whose faces these become. @param similarity of the face with theirs, where it is known */
function Known({ person, similarity }: { readonly person: Person; readonly similarity: number | undefined }) {
  return (
    <div class="notice events-known">
      <FacePicture url={pictureOf(person)} name={person.name} />
      <div class="events-known-text">
        <p>{t('events.known', { name: person.name, count: person.faces })}</p>
        {similarity !== undefined && (
          <p class="muted">{t('events.known_similarity', { similarity: formatSimilarity(similarity) })}</p>
        )}
      </div>
    </div>
  );
}

function tellAdded({ id, name }: Person, faces: readonly string[]): void {
  if (faces.length === 0) return void toast(t('events.nothing_added', { name }));
  const undo = async () => {
    try {
      await removeFaces(id, faces);
    } catch (error) {
      toast(failureText(error), { tone: 'bad' });
    }
    void loadPeople();
  };
  toast(t('events.added', { name, count: faces.length }), {
    tone: 'ok',
    action: { label: t('shell.undo'), run: () => void undo() },
  });
}

/** Whom the face resembles most. @param onForgotten the service does not know any more */
function useCandidates(track: string, onForgotten: () => void): readonly Candidate[] {
  const [candidates, setCandidates] = useState<readonly Candidate[]>([]);
  useEffect(() => {
    let isStale = false;
    http.tracks.get(track).then(
      (answer) => !isStale && setCandidates(answer.candidates),
      (error: unknown) => {
        if (!isStale && error instanceof ServerError && error.code === 'NOT_FOUND') onForgotten();
      },
    );
    return () => void (isStale = true);
  }, [track]);
  return candidates;
}
