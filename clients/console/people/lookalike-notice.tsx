// Two people whose faces are close: one who was enrolled twice, or two who may be mistaken for each other.
import { useState } from 'preact/hooks';
import type { Person } from '../../http-client.js';
import { can } from '../app/session.js';
import { Button } from '../components/button.js';
import { FacePicture } from '../components/face-picture.js';
import { Icon } from '../components/icon.js';
import { formatSimilarity, t } from '../i18n/i18n.js';
import { MergeDialog } from './merge-dialog.js';
import { dismissLookalikes, labelOf, lookalikes, personOf, pictureOf } from './people-store.js';

/** Of so many at most is told at once: the closest come first. */
const MOST_SHOWN = 3;

/** @param of only the pairs that this person belongs to */
export function LookalikeNotices({ of }: { readonly of?: string | undefined }) {
  const [merging, setMerging] = useState<readonly [Person, Person]>();
  const pairs = lookalikes.value.filter(({ people }) => of === undefined || people.some(({ id }) => id === of));
  const shown = pairs.slice(0, MOST_SHOWN).flatMap(({ people: [first, second], similarity }) => {
    const one = personOf(first.id);
    const other = personOf(second.id);
    return one && other ? [{ one, other, similarity }] : [];
  });
  if (shown.length === 0) return null;
  return (
    <div class="people-lookalikes">
      {shown.map(({ one, other, similarity }) => (
        <div class="notice notice-warn" key={`${one.id} ${other.id}`}>
          <Icon name="warning" />
          <span class="people-pair" aria-hidden="true">
            <FacePicture url={pictureOf(one)} name={one.name} size="small" />
            <FacePicture url={pictureOf(other)} name={other.name} size="small" />
          </span>
          <span class="people-pair-text">
            {t('people.lookalike_text', { one: labelOf(one), other: labelOf(other), similarity: formatSimilarity(similarity) })}
          </span>
          {can('enrol') && (
            <Button
              icon="merge"
              label={t('people.same_person_of', { one: one.name, other: other.name })}
              onClick={() => setMerging([one, other])}
            >
              {t('people.same_person')}
            </Button>
          )}
          <Button
            kind="quiet"
            icon="close"
            label={t('people.two_people', { one: one.name, other: other.name })}
            onClick={() => dismissLookalikes(one.id, other.id)}
          />
        </div>
      ))}
      {merging && <MergeDialog person={merging[0]} other={merging[1]} onClose={() => setMerging(undefined)} />}
    </div>
  );
}
