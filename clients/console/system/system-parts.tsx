// The parts of this view, one at a time: each has an address of its own, so that links, bookmarks and the browser's back button work.
import { can } from '../app/session.js';
import { linkTo, route } from '../app/router.js';
import { t } from '../i18n/i18n.js';

export const PARTS = ['overview', 'keys', 'models', 'configuration'] as const;
export type Part = (typeof PARTS)[number];

/** Those that whoever is signed in may see. */
function partsToSee(): readonly Part[] {
  return can('administer') ? PARTS : PARTS.filter((part) => part === 'overview' || part === 'models');
}

/** The one of the address; the first where it names none, or one that is not for whoever is signed in. */
export function shownPart(): Part {
  return partsToSee().find((part) => part === route.value.rest[0]) ?? 'overview';
}

export function SystemParts() {
  const shown = shownPart();
  return (
    <nav class="system-parts" aria-label={t('system.parts')}>
      {partsToSee().map((part) => (
        <a
          key={part}
          class="system-part"
          href={linkTo('system', part === 'overview' ? [] : [part])}
          aria-current={part === shown ? 'page' : undefined}
        >
          {t(`system.part_${part}`)}
        </a>
      ))}
    </nav>
  );
}
