// How many of the files that were dropped or chosen are not taken, and why.
import { Icon } from '../components/icon.js';
import { t } from '../i18n/i18n.js';
import { MOST_FILES, type Picked } from './dropped-files.js';

type LeftOut = Pick<Picked, 'notPictures' | 'isCut'>;

/** Empty where everything is taken. */
export function leftOutText({ notPictures, isCut }: LeftOut): string {
  return [
    notPictures > 0 && t('people.not_pictures', { count: notPictures }),
    isCut && t('people.too_many_files', { count: MOST_FILES }),
  ]
    .filter((text) => text !== false)
    .join(' ');
}

export function LeftOutNotice(leftOut: LeftOut) {
  const text = leftOutText(leftOut);
  return (
    <div class="people-left-out" role="status">
      {text !== '' && (
        <div class="notice notice-warn">
          <Icon name="warning" size={18} />
          <p>{text}</p>
        </div>
      )}
    </div>
  );
}
