// The frame around every view: navigation, what is said to screen readers, notifications.
import { useEffect, useRef } from 'preact/hooks';
import { Toasts } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { LazyView } from './lazy-view.js';
import { Navigation } from './navigation.js';
import { route } from './router.js';

export function App() {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const { view, rest } = route.value;
  const title = t(`${view}.title`);

  const focusTitle = () => (main.current?.querySelector<HTMLElement>('h1') ?? main.current)?.focus();
  useEffect(() => void (document.title = `${title} · Onlooker`), [title]);
  const onShown = () => {
    // Where a page is opened the browser places the focus; from then on a new view begins at its title.
    if (!isFirst.current) focusTitle();
    isFirst.current = false;
  };

  // Also within a view, such as from the gallery to a person and back.
  useEffect(() => {
    if (!isFirst.current) focusTitle();
  }, [rest.join('/')]);

  return (
    <div class="shell">
      <button type="button" class="skip-link" onClick={focusTitle}>
        {t('shell.skip')}
      </button>
      <Navigation />
      <main ref={main} class="main" tabIndex={-1} id="main">
        <LazyView view={view} onShown={onShown} />
      </main>
      <Toasts />
    </div>
  );
}
