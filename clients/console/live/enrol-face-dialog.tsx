// Gives the face in front of the camera a name: the best faces that the service saw of its track are enrolled.
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { FacePicture } from '../components/face-picture.js';
import { TextField } from '../components/field.js';
import { toast } from '../components/toast.js';
import { enrolTrack } from '../events/enrol-track.js';
import { t } from '../i18n/i18n.js';
import { loadPeople, people, personOf } from '../people/people-store.js';
import { refusalText } from '../people/refusal-text.js';

interface EnrolFaceDialogProps {
  readonly track: string;
  /** JPEG of the face. */
  readonly picture: Uint8Array | undefined;
  readonly onClose: () => void;
}

export function EnrolFaceDialog({ track, picture, onClose }: EnrolFaceDialogProps) {
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
            {t('live.enrol')}
          </Button>
        </>
      }
    >
      <form
        class="live-enrol"
        onSubmit={(event) => {
          event.preventDefault();
          void enrol();
        }}
      >
        <FacePicture jpeg={picture} size="large" />
        <TextField
          label={t('people.name')}
          hint={known ? t('people.adds_to_known') : t('live.enrol_hint')}
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
