// The views to choose from: beside the page, or below it where the page is narrow. And whether what is shown is live.
import { Icon } from '../components/icon.js';
import { t } from '../i18n/i18n.js';
import { Account } from './account.js';
import { Appearance } from './appearance.js';
import { feedState } from './event-feed.js';
import { linkTo, route, VIEWS } from './router.js';
import { can } from './session.js';
import { maySee } from './view-rights.js';

export function Navigation() {
  return (
    <header class="sidebar">
      <div class="brand">
        <img src="icon.svg" alt="" width="26" height="26" />
        <span>Onlooker</span>
      </div>
      <nav class="tabs" aria-label={t('shell.navigation')}>
        {VIEWS.filter(maySee).map((view) => (
          <a key={view} class="tab" href={linkTo(view)} aria-current={route.value.view === view ? 'page' : undefined}>
            <Icon name={view} />
            <span>{t(`${view}.title`)}</span>
          </a>
        ))}
      </nav>
      <div class="sidebar-end">
        <Account />
        {can('view') && <FeedBadge />}
        <Appearance />
      </div>
    </header>
  );
}

function FeedBadge() {
  const state = feedState.value;
  const name = state === 'live' ? 'feed_live' : state;
  return (
    <span class={`feed feed-${state}`} role="status" title={t(`shell.${name}_hint`)}>
      <span class="feed-dot" aria-hidden="true" />
      <span class="feed-text">{t(`shell.${name}`)}</span>
    </span>
  );
}
