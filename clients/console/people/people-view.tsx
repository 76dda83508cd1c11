// The view of the people: everybody, or one of them where the address names one.
import { useEffect, useState } from 'preact/hooks';
import { goTo, linkTo, route } from '../app/router.js';
import { can } from '../app/session.js';
import { useComeback } from '../app/use-comeback.js';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { TextField } from '../components/field.js';
import { shortName } from '../components/short-name.js';
import { ViewHeader } from '../components/view-header.js';
import { t } from '../i18n/i18n.js';
import { AddPicturesDialog } from './add-pictures-dialog.js';
import { CameraDialog } from './camera-dialog.js';
import type { Picked } from './dropped-files.js';
import { PictureDrop, isWorthOpening } from './drop-zone.js';
import { forgetPlace, leaveGallery, placeLeft } from './gallery-place.js';
import { LoadingPeople } from './loading-people.js';
import { LookalikeNotices } from './lookalike-notice.js';
import { isCut, loadPeople, lookalikes, MOST_PEOPLE, people, watchPeople } from './people-store.js';
import { PersonCard } from './person-card.js';
import { PersonPage } from './person-page.js';
import './people.css';

export default function PeopleView() {
  useEffect(() => watchPeople(), []);
  useEffect(() => forgetPlace, []);
  useComeback(() => void loadPeople(true));
  const [id] = route.value.rest;
  return id === undefined ? <Gallery /> : <PersonPage key={id} id={id} />;
}

const NONE_YET: Picked = { pictures: [], notPictures: 0, isCut: false };

/** Cards that are drawn at once; more come as they are asked for. */
const CARDS_A_STEP = 120;

function Gallery() {
  const [pictures, setPictures] = useState<Picked>();
  const [isFilming, setFilming] = useState(false);
  const search = route.value.query.get('search') ?? '';
  const [place] = useState(() => placeLeft(search));
  const [mostCards, setMostCards] = useState(place?.cards ?? CARDS_A_STEP);
  const all = people.value;
  const found = (all ?? []).filter(({ name, external_id: external }) => matches(search, name) || matches(search, external ?? ''));
  const alike = new Set(lookalikes.value.flatMap(({ people: [one, other] }) => [one.id, other.id]));
  const isEmpty = all?.length === 0;
  const showAll = () => goTo(linkTo('people'), { replace: true });
  useEffect(() => {
    // After the title has taken the focus, which scrolls to it.
    if (place) requestAnimationFrame(() => scrollTo({ top: place.scrollPx, behavior: 'instant' }));
  }, []);

  const mayEnrol = can('enrol');
  const buttons = mayEnrol && (
    <>
      {can('feed') && (
        <Button icon="camera" onClick={() => setFilming(true)}>
          {t('people.from_camera')}
        </Button>
      )}
      <Button kind="primary" icon="add" onClick={() => setPictures(NONE_YET)}>
        {t('people.add')}
      </Button>
    </>
  );
  return (
    <>
      <PictureDrop onPictures={mayEnrol ? (picked) => isWorthOpening(picked) && setPictures(picked) : undefined}>
        <ViewHeader
          title={t('people.title')}
          subtitle={all && !isEmpty ? t('people.count', { count: all.length }) : undefined}
          actions={isEmpty ? undefined : buttons}
        />
        {all === undefined && <LoadingPeople />}
        {isEmpty && (
          <EmptyState icon="people" title={t('people.empty')} actions={buttons}>
            {t(mayEnrol ? 'people.empty_hint' : 'people.empty_viewer')}
          </EmptyState>
        )}
        {all && !isEmpty && (
          <>
            <LookalikeNotices />
            {isCut.value && <p class="muted">{t('people.cut', { count: MOST_PEOPLE })}</p>}
            <search class="people-search">
              <TextField
                label={t('people.search')}
                hideLabel
                type="search"
                placeholder={t('people.search')}
                value={search}
                onInput={(text) => goTo(linkTo('people', [], { search: text }), { replace: true })}
              />
              {search !== '' && (
                <span class="muted" role="status">
                  {t('people.found', { count: found.length })}
                </span>
              )}
            </search>
            {found.length === 0 && (
              <EmptyState
                icon="search"
                title={t('people.nobody_found', { search: shortName(search) })}
                actions={<Button onClick={showAll}>{t('people.all')}</Button>}
              />
            )}
            <ul class="people-grid" onClick={() => leaveGallery({ search, scrollPx: scrollY, cards: mostCards })}>
              {found.slice(0, mostCards).map((person) => (
                <PersonCard key={person.id} person={person} isLookalike={alike.has(person.id)} />
              ))}
            </ul>
            {found.length > mostCards && (
              <div class="people-more">
                <Button onClick={() => setMostCards(mostCards + CARDS_A_STEP)}>{t('people.show_more')}</Button>
              </div>
            )}
          </>
        )}
      </PictureDrop>
      {pictures && <AddPicturesDialog picked={pictures} onClose={() => setPictures(undefined)} />}
      {isFilming && <CameraDialog onClose={() => setFilming(false)} />}
    </>
  );
}

/** Without regard to case and accents. */
function matches(search: string, text: string): boolean {
  return plain(text).includes(plain(search.trim()));
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}
