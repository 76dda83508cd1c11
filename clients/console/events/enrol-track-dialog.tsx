// Somebody unknown who was seen becomes somebody known: the best faces of the track are enrolled under a name.
import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { TextField } from '../components/field.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { loadPeople, people, personOf } from '../people/people-store.js';
import { refusalText } from '../people/refusal-text.js';
import { enrolTrack } from './enrol-track.js';
import { VisitPicture } from './visit-card.js';
import type { Visit } from './visits.js';

export function EnrolTrackDialog({ visit, onClose }: { readonly visit: Visit; readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const wanted = name.trim();
  const known = people.value?.find((person) => person.name === wanted);
  const enrol = async () => {
    if (wanted === '' || busy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const count = await enrolTrack(visit.key, wanted, known);
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
          <Button kind="primary" busy={busy} disabled={wanted === ''} onClick={() => void enrol()}>
            {t('events.enrol')}
          </Button>
        </>
      }
    >
      <form
        class="events-enrol"
        onSubmit={(event) => {
          event.preventDefault();
          void enrol();
        }}
      >
        <VisitPicture visit={visit} size="large" />
        <TextField
          label={t('people.name')}
          hint={known ? t('people.adds_to_known') : t('events.enrol_hint')}
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
