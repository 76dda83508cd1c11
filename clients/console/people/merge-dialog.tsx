// Two that are one person: whose name stays is chosen here. It cannot be undone, so it is asked for.
import { useState } from 'preact/hooks';
import type { Person } from '../../http-client.js';
import { failureText } from '../app/failure-text.js';
import { goTo, linkTo } from '../app/router.js';
import { Confirm } from '../components/confirm.js';
import { FacePicture } from '../components/face-picture.js';
import { SelectField } from '../components/field.js';
import { shortName } from '../components/short-name.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { mostAlike } from './dismissed-pairs.js';
import { labelOf, lookalikes, mergePeople, people, personOf, pictureOf } from './people-store.js';

interface MergeDialogProps {
  readonly person: Person;
  /** With whom; without it that is chosen here. */
  readonly other?: Person | undefined;
  readonly onClose: () => void;
}

export function MergeDialog({ person, other: given, onClose }: MergeDialogProps) {
  const others = (people.value ?? []).filter(({ id }) => id !== person.id);
  // Nobody is chosen by chance: it cannot be undone.
  const [otherId, setOtherId] = useState(given?.id ?? mostAlike(lookalikes.value, person.id) ?? '');
  const [keptId, setKeptId] = useState(person.id);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const other = given ?? personOf(otherId);
  const [kept, gone] = other && keptId === other.id ? [other, person] : [person, other];

  const merge = async () => {
    if (!gone) return;
    setBusy(true);
    try {
      await mergePeople(kept.id, gone.id);
      toast(t('people.merged', { name: shortName(kept.name) }), { tone: 'ok' });
      onClose();
      goTo(linkTo('people', [kept.id]), { replace: true });
    } catch (error) {
      setBusy(false);
      setFailure(failureText(error));
    }
  };
  return (
    <Confirm
      title={t('people.merge_title')}
      confirmLabel={t('people.merge')}
      busy={busy}
      disabled={!gone}
      onConfirm={() => void merge()}
      onClose={onClose}
    >
      <div class="stack">
        {!given && (
          <SelectField
            label={t('people.merge_with')}
            value={otherId}
            options={[
              { value: '', label: t('people.merge_choose') },
              ...others.map((one) => ({ value: one.id, label: labelOf(one) })),
            ]}
            onChange={(id) => {
              setOtherId(id);
              setKeptId(person.id);
            }}
          />
        )}
        {other && gone && (
          <fieldset class="people-merge">
            <legend class="field-label">{t('people.merge_keep')}</legend>
            {[person, other].map((one) => (
              <label key={one.id} class={one.id === kept.id ? 'people-merge-choice people-merge-kept' : 'people-merge-choice'}>
                <FacePicture url={pictureOf(one)} name={one.name} size="large" />
                <span class="truncate">{labelOf(one)}</span>
                <span class="muted">{t('people.faces', { count: one.faces })}</span>
                <input type="radio" name="kept" checked={one.id === kept.id} onChange={() => setKeptId(one.id)} />
              </label>
            ))}
          </fieldset>
        )}
        {gone && <p class="muted">{t('people.merge_hint', { kept: labelOf(kept), gone: labelOf(gone) })}</p>}
        {failure !== undefined && (
          <p class="field-error" role="alert">
            {failure}
          </p>
        )}
      </div>
    </Confirm>
  );
}
