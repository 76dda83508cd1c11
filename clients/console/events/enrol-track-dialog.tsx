// Gives a face that was seen a name: the best faces that the service has of its track are enrolled. Who opens it shows the face.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { TextField } from '../components/field.js';
import { toast } from '../components/toast.js';
import { enrolTrack } from './enrol-track.js';
import { t } from '../i18n/i18n.js';
import { loadPeople, people, personOf } from '../people/people-store.js';
import { refusalText } from '../people/refusal-text.js';

interface EnrolTrackDialogProps {
  readonly track: string;
  /** The face. */
  readonly picture: ComponentChildren;
  /** What a new name does, in a sentence. */
  readonly hint: string;
  /** Lays out picture and name. */
  readonly formClass: string;
  readonly onClose: () => void;
}

export function EnrolTrackDialog({ track, picture, hint, formClass, onClose }: EnrolTrackDialogProps) {
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (!people.value) void loadPeople();
  }, []);
  const wanted = name.trim();
  const known = people.value?.find((person) => person.name === wanted);
  const enrol = async () => {
    if (wanted === '' || isBusy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const count = await enrolTrack(track, wanted, known);
      toast(t('events.enrolled', { name: wanted, count }), { tone: 'ok' });
      void loadPeople();
      onClose();
    } catch (error) {
      setFailure(refusalText(error, (id) => personOf(id)?.name));
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
          <Button kind="primary" busy={isBusy} disabled={wanted === ''} onClick={() => void enrol()}>
            {t('events.enrol')}
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
          hint={known ? t('people.adds_to_known') : hint}
          error={failure}
          value={name}
          maxLength={200}
          autoFocus
          suggestions={people.value?.map((person) => person.name)}
          onInput={setName}
        />
      </form>
    </Dialog>
  );
}
