// Another name for a person. What was told of them before keeps the old one.
import { useState } from 'preact/hooks';
import { typedName } from '../../../protocol/name-text.js';
import type { Person } from '../../http-client.js';
import { failureText } from '../app/failure-text.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { TextField } from '../components/field.js';
import { shortName } from '../components/short-name.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { renamePerson } from './people-store.js';

export function RenameDialog({ person, onClose }: { readonly person: Person; readonly onClose: () => void }) {
  const [name, setName] = useState(person.name);
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const isValid = name.trim() !== '';
  const save = async () => {
    if (!isValid) return;
    setBusy(true);
    try {
      const isThere = await renamePerson(person.id, typedName(name));
      if (!isThere) toast(t('people.gone_named', { name: shortName(person.name) }), { tone: 'warn' });
      onClose();
    } catch (error) {
      setBusy(false);
      setFailure(failureText(error));
    }
  };
  return (
    <Dialog
      title={t('people.rename')}
      keepsInput={name !== person.name}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button kind="primary" busy={busy} disabled={!isValid} onClick={() => void save()}>
            {t('people.save')}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField label={t('people.name')} value={name} maxLength={200} autoFocus error={failure} onInput={setName} />
      </form>
    </Dialog>
  );
}
