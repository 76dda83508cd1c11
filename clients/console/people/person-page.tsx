// One person: their faces with quality, and what can be done with them.
import { useEffect, useState } from 'preact/hooks';
import type { FaceRecord, Person } from '../../http-client.js';
import { failureText } from '../app/failure-text.js';
import { orGone } from '../app/gone.js';
import { goTo, linkTo } from '../app/router.js';
import { http } from '../app/service.js';
import { can } from '../app/session.js';
import { doWithUndo } from '../app/undo.js';
import { useComeback } from '../app/use-comeback.js';
import { Button, LinkButton } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { FacePicture } from '../components/face-picture.js';
import { Meter } from '../components/meter.js';
import { shortName } from '../components/short-name.js';
import { Spinner } from '../components/spinner.js';
import { ViewHeader } from '../components/view-header.js';
import { formatDate, formatPercent, t } from '../i18n/i18n.js';
import { AddPicturesDialog } from './add-pictures-dialog.js';
import { CameraDialog } from './camera-dialog.js';
import type { Picked } from './dropped-files.js';
import { ChoosePictures, PictureDrop, isWorthOpening } from './drop-zone.js';
import { LookalikeNotices } from './lookalike-notice.js';
import { MergeDialog } from './merge-dialog.js';
import { galleryAddress } from './gallery-place.js';
import { LoadingPeople } from './loading-people.js';
import { deletePerson, labelOf, loadPeople, people, personOf, pictureOf } from './people-store.js';
import { RenameDialog } from './rename-dialog.js';

type Open = 'rename' | 'merge' | 'camera' | Picked;

export function PersonPage({ id }: { readonly id: string }) {
  const person = personOf(id);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const mayEnrol = can('enrol');
  const openPicked = (picked: Picked) => isWorthOpening(picked) && setOpen(picked);
  if (!person) {
    if (people.value === undefined) return <LoadingPeople />;
    return (
      <EmptyState
        icon="user"
        title={t('people.gone')}
        actions={<LinkButton href={linkTo('people')}>{t('people.all')}</LinkButton>}
      />
    );
  }
  return (
    <>
      <PictureDrop onPictures={mayEnrol ? openPicked : undefined}>
        <p class="people-back">
          <LinkButton kind="quiet" icon="back" href={galleryAddress()}>
            {t('people.all')}
          </LinkButton>
        </p>
        <div class="people-person">
          <FacePicture url={pictureOf(person)} name={person.name} size="large" />
          <ViewHeader
            title={labelOf(person)}
            subtitle={<About person={person} />}
            actions={
              mayEnrol && (
                <>
                  <Button icon="edit" onClick={() => setOpen('rename')}>
                    {t('people.rename')}
                  </Button>
                  <Button icon="merge" disabled={(people.value?.length ?? 0) < 2} onClick={() => setOpen('merge')}>
                    {t('people.merge')}
                  </Button>
                  <Button
                    icon="trash"
                    onClick={() => {
                      deletePerson(person);
                      goTo(galleryAddress());
                    }}
                  >
                    {t('people.delete')}
                  </Button>
                </>
              )
            }
          />
        </div>
        <LookalikeNotices of={id} />
        <div class="row spread people-faces-header">
          <h2>{t('people.faces', { count: person.faces })}</h2>
          {mayEnrol && (
            <div class="row">
              {can('feed') && (
                <Button icon="camera" onClick={() => setOpen('camera')}>
                  {t('people.from_camera')}
                </Button>
              )}
              <ChoosePictures folders={false} onPictures={openPicked} />
            </div>
          )}
        </div>
        <Faces person={person} />
      </PictureDrop>
      {open === 'rename' && <RenameDialog person={person} onClose={close} />}
      {open === 'merge' && <MergeDialog person={person} onClose={close} />}
      {open === 'camera' && <CameraDialog person={person} onClose={close} />}
      {typeof open === 'object' && <AddPicturesDialog picked={open} person={person} onClose={close} />}
    </>
  );
}

function About({ person }: { readonly person: Person }) {
  return (
    <span class="people-about">
      <span>{t('people.since', { date: formatDate(person.created_at) })}</span>
      {person.external_id !== null && <span>{t('people.external_id', { id: person.external_id })}</span>}
      <a href={linkTo('events', [], { person: person.id })}>{t('people.see_events')}</a>
    </span>
  );
}

/** Faces that are listed of one person; nobody needs more to be recognised. */
const MOST_FACES = 500;

function Faces({ person }: { readonly person: Person }) {
  const [loaded, setLoaded] = useState<readonly FaceRecord[]>();
  // Until they are gone for good the service still tells of them.
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const faces = loaded?.filter((face) => !hidden.has(face.id));
  const [failure, setFailure] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  const again = () => setAttempt((before) => before + 1);
  useComeback(again);
  useEffect(() => {
    let isStale = false;
    setFailure(undefined);
    http.faces.list(person.id, { limit: MOST_FACES }).then(
      (page) => !isStale && setLoaded(page.faces),
      (error: unknown) => !isStale && setFailure(failureText(error)),
    );
    return () => void (isStale = true);
  }, [person, attempt]);
  if (!faces && failure !== undefined) {
    return <EmptyState icon="warning" title={failure} actions={<Button onClick={again}>{t('shell.retry')}</Button>} />;
  }
  if (!faces) return <Spinner />;
  if (faces.length === 0) {
    return (
      <EmptyState icon="camera" title={t('people.no_faces')}>
        {can('enrol') && t('people.no_faces_hint')}
      </EmptyState>
    );
  }
  const remove = (face: FaceRecord) => {
    setHidden((before) => new Set([...before, face.id]));
    doWithUndo({
      message: t('people.face_deleted', { name: shortName(person.name) }),
      commit: async (keepalive) => {
        await orGone(http.faces.remove(person.id, face.id, { keepalive }));
        if (!keepalive) await loadPeople(true);
      },
      restore: () => setHidden((before) => new Set([...before].filter((one) => one !== face.id))),
    });
  };
  return (
    <ul class="people-faces">
      {faces.map((face, index) => (
        <li key={face.id} class="people-face">
          <FacePicture
            url={face.picture ? http.faces.pictureUrl(person.id, face.id) : undefined}
            name={person.name}
            size="fill"
          />
          <Meter
            label={t('people.quality')}
            showLabel
            value={face.quality}
            text={formatPercent(face.quality)}
            tone={face.quality >= 0.6 ? 'ok' : face.quality >= 0.35 ? 'accent' : 'warn'}
          />
          <span class="row spread">
            <span class="muted people-face-date">{formatDate(face.created_at)}</span>
            {can('enrol') && (
              <Button
                kind="quiet"
                icon="trash"
                label={t('people.delete_face', { number: index + 1, count: faces.length })}
                onClick={() => remove(face)}
              />
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
