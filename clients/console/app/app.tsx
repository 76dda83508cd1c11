// The frame around every view: navigation, what is said to screen readers, notifications. Or the sign-in, in its place.
import { useEffect, useRef } from 'preact/hooks';
import { Toasts } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { LazyView } from './lazy-view.js';
import { SignInView } from '../sign-in/sign-in-view.js';
import { Navigation } from './navigation.js';
import { NotAllowed } from './not-allowed.js';
import { route } from './router.js';
import { session } from './session.js';
import { maySee } from './view-rights.js';

export function App() {
  const wasOut = useRef(false);
  const { is } = session.value;
  useEffect(() => {
    if (is === 'out') wasOut.current = true;
  }, [is]);
  return (
    <>
      {is === 'in' ? <Shell takesFocus={wasOut.current} /> : <SignInView />}
      <Toasts />
    </>
  );
}

interface ShellProps {
  /** What had the focus is gone: whoever has just signed in goes on at the title. */
  readonly takesFocus: boolean;
}

function Shell({ takesFocus }: ShellProps) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(!takesFocus);
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
        {maySee(view) ? <LazyView view={view} onShown={onShown} /> : <NotAllowed view={view} />}
      </main>
    </div>
  );
}
