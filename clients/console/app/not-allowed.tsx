// In place of a view that whoever is signed in may not see, such as by an old bookmark.
import { RIGHTS_OF_ROLE, ROLES } from '../../../protocol/access.js';
import { EmptyState } from '../components/empty-state.js';
import { ViewHeader } from '../components/view-header.js';
import { t } from '../i18n/i18n.js';
import { rolesText } from './roles-text.js';
import type { ViewName } from './router.js';

const SEEING = ROLES.filter((role) => RIGHTS_OF_ROLE[role].includes('view'));

export function NotAllowed({ view }: { readonly view: ViewName }) {
  return (
    <>
      <ViewHeader title={t(`${view}.title`)} />
      <EmptyState icon="key" title={t('access.not_yours')}>
        {t('access.not_yours_hint', { roles: rolesText(SEEING) })}
      </EmptyState>
    </>
  );
}
