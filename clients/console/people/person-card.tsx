// One person in the gallery.
import type { Person } from '../../http-client.js';
import { linkTo } from '../app/router.js';
import { Badge } from '../components/badge.js';
import { FacePicture } from '../components/face-picture.js';
import { t } from '../i18n/i18n.js';
import { labelOf, pictureOf } from './people-store.js';

export function PersonCard({ person, isLookalike }: { readonly person: Person; readonly isLookalike: boolean }) {
  return (
    <li>
      <a class="people-card" href={linkTo('people', [person.id])}>
        <FacePicture url={pictureOf(person)} name={person.name} size="fill" />
        <span class="people-card-name truncate">{labelOf(person)}</span>
        <span class="people-card-about">
          {person.faces === 0 ? (
            <Badge tone="warn">{t('people.no_faces')}</Badge>
          ) : (
            <span class="muted">{t('people.faces', { count: person.faces })}</span>
          )}
          {isLookalike && <Badge tone="warn">{t('people.lookalike')}</Badge>}
        </span>
      </a>
    </li>
  );
}
