// Many pictures at once: whom each shows, then what became of it.
import { useEffect, useState } from 'preact/hooks';
import { typedName } from '../../../protocol/name-text.js';
import type { Person } from '../../http-client.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { TextField } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { formatPercent, t } from '../i18n/i18n.js';
import type { Picked } from './dropped-files.js';
import { ChoosePictures, PictureDrop } from './drop-zone.js';
import { EnrolmentBatch, type BatchGroup, type BatchPicture } from './enrolment-batch.js';
import { LeftOutNotice } from './left-out.js';
import { loadPeople, people, personOf } from './people-store.js';
import { conflictOf, refusalText } from './refusal-text.js';
import { severalText } from './several-text.js';
import { TwinQuestion } from './twin-question.js';
import { meantBy } from '../../people/told-apart.js';

interface AddPicturesProps {
  readonly picked: Picked;
  /** Everything is theirs. */
  readonly person?: Person | undefined;
  readonly onClose: () => void;
}

export function AddPicturesDialog({ picked, person, onClose }: AddPicturesProps) {
  const [batch] = useState(() => new EnrolmentBatch());
  useEffect(() => {
    batch.add(picked.pictures, person);
    return () => batch.close();
  }, []);
  // Of the last drop or choice.
  const [leftOut, setLeftOut] = useState(picked);
  const add = (more: Picked) => {
    batch.add(more.pictures, person);
    setLeftOut(more);
  };
  const close = () => {
    if (batch.phase.value !== 'review') void loadPeople(true);
    onClose();
  };

  const phase = batch.phase.value;
  const all = batch.pictures.value;
  const groups = batch.groups.value;
  const isComplete = groups.every(({ name, person: whose }) => {
    return name.trim() !== '' && (whose !== undefined || meantBy(name, people.value).choices.length === 0);
  });
  const enrolled = all.filter(({ state }) => state.is === 'enrolled' || state.is === 'known').length;
  const refused = all.filter(({ state }) => state.is === 'refused').length;
  return (
    <Dialog
      title={person ? t('people.add_to', { name: person.name }) : t('people.add_title')}
      wide
      keepsInput={all.length > 0 && phase !== 'done'}
      onClose={close}
      actions={
        phase === 'done' ? (
          <Button kind="primary" onClick={close}>
            {t('people.done')}
          </Button>
        ) : (
          <>
            <Button onClick={close}>{t('shell.cancel')}</Button>
            {all.length > 0 && (
              <Button
                kind="primary"
                busy={phase === 'running'}
                disabled={!isComplete}
                onClick={() => void batch.run(people.value ?? [])}
              >
                {t('people.enrol_count', { count: all.length })}
              </Button>
            )}
          </>
        )
      }
    >
      <PictureDrop onPictures={(more) => phase === 'review' && add(more)}>
        {all.length === 0 ? (
          <div class="people-drop-zone">
            <Icon name="upload" size={30} />
            <p>{t('people.drop_or_choose')}</p>
            <p class="muted">{t('people.drop_hint')}</p>
            <LeftOutNotice {...leftOut} />
            <ChoosePictures onPictures={add} folders={!person} />
          </div>
        ) : (
          <div class="stack">
            <div class="people-batch-summary" role="status">
              {phase === 'review' && <span>{t('people.review_hint')}</span>}
              {phase === 'running' && <span>{t('people.enrolling', { done: batch.finished.value, count: all.length })}</span>}
              {phase === 'done' && (
                <span>
                  {t('people.enrolled_count', { count: enrolled })}
                  {refused > 0 && ` · ${t('people.refused_count', { count: refused })}`}
                </span>
              )}
              {phase !== 'review' && <progress value={batch.finished.value} max={all.length} aria-label={t('people.progress')} />}
            </div>
            {phase === 'review' && <LeftOutNotice {...leftOut} />}
            {groups.map((group) => (
              <Group key={group.id} group={group} batch={batch} isFixed={person !== undefined} />
            ))}
          </div>
        )}
      </PictureDrop>
    </Dialog>
  );
}

interface GroupProps {
  readonly group: BatchGroup;
  readonly batch: EnrolmentBatch;
  readonly isFixed: boolean;
}

function Group({ group, batch, isFixed }: GroupProps) {
  const isReview = batch.phase.value === 'review';
  const name = typedName(group.name);
  const { person: known, choices } = meantBy(name, people.value);
  return (
    <section class={isFixed ? 'people-batch-group' : 'people-batch-group people-batch-named'} aria-label={name}>
      {!isFixed && (
        <div class="people-batch-name">
          {isReview ? (
            <TextField
              label={t('people.name_of', { file: group.pictures[0]?.file.name ?? '' })}
              hideLabel
              value={group.name}
              placeholder={t('people.name_needed')}
              maxLength={200}
              suggestions={choices.length > 0 ? choices : undefined}
              onInput={(value) => batch.rename(group.id, value)}
            />
          ) : (
            <h3>{name}</h3>
          )}
          {isReview && name !== '' && (
            <Badge tone={known ? 'accent' : choices.length > 0 ? 'warn' : 'neutral'}>
              {severalText(choices) ?? t(known ? 'people.adds_to_known' : 'people.new_person')}
            </Badge>
          )}
        </div>
      )}
      <ul class="people-batch-pictures">
        {group.pictures.map((picture) => (
          <Picture key={picture.id} picture={picture} name={name} batch={batch} isReview={isReview} />
        ))}
      </ul>
    </section>
  );
}

interface PictureProps {
  readonly picture: BatchPicture;
  /** Of whom it is to show. */
  readonly name: string;
  readonly batch: EnrolmentBatch;
  readonly isReview: boolean;
}

function Picture({ picture, name, batch, isReview }: PictureProps) {
  const { state, file } = picture;
  // What the browser cannot show may still be a picture for the service.
  const [isShown, setShown] = useState(true);
  const rather = state.is === 'refused' ? personOf(conflictOf(state.error) ?? '') : undefined;
  return (
    <li class={`people-batch-picture people-batch-${state.is}`}>
      {isShown ? (
        <img src={picture.url} alt={file.name} onError={() => setShown(false)} />
      ) : (
        <span class="people-batch-unseen" role="img" aria-label={file.name}>
          <Icon name="warning" size={22} />
        </span>
      )}
      <div class="people-batch-about">
        <span class="truncate muted">{file.name}</span>
        {state.is === 'sending' && <span class="spinner" aria-hidden="true" />}
        {state.is === 'enrolled' && <Badge tone="ok">{t('people.quality_of', { quality: formatPercent(state.quality) })}</Badge>}
        {state.is === 'known' && <Badge tone="ok">{t('people.known_picture')}</Badge>}
        {state.is === 'refused' && (
          <span class="people-batch-reason">{refusalText(state.error, (id) => personOf(id)?.name)}</span>
        )}
        {rather && (
          <Button
            label={t('people.add_rather_of', { name: rather.name, file: file.name })}
            onClick={() => void batch.sendTo(picture, rather.id)}
          >
            {t('people.add_rather', { name: rather.name })}
          </Button>
        )}
        {rather && <TwinQuestion name={name} other={rather.name} onYes={() => void batch.sendAsTwin(picture, rather.id)} />}
      </div>
      {isReview && (
        <Button
          kind="quiet"
          icon="close"
          label={t('people.leave_out', { name: file.name })}
          onClick={() => batch.removePicture(picture.id)}
        />
      )}
    </li>
  );
}
