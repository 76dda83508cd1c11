// Loads a view when it is first opened. A view that cannot be loaded says so and can be asked for again.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { Spinner } from '../components/spinner.js';
import { t } from '../i18n/i18n.js';
import type { ViewName } from './router.js';

const LOADERS: Readonly<Record<ViewName, () => Promise<{ readonly default: ComponentType }>>> = {
  live: () => import('../live/live-view.js'),
  people: () => import('../people/people-view.js'),
  streams: () => import('../streams/streams-view.js'),
  events: () => import('../events/events-view.js'),
  system: () => import('../system/system-view.js'),
};
const loaded = new Map<ViewName, ComponentType>();

export function LazyView({ view, onShown }: { readonly view: ViewName; readonly onShown: () => void }) {
  const [, redraw] = useState(0);
  const [failed, setFailed] = useState<ViewName>();
  const View = loaded.get(view);

  const load = () => {
    setFailed(undefined);
    LOADERS[view]().then(
      (module) => {
        loaded.set(view, module.default);
        redraw((count) => count + 1);
      },
      () => setFailed(view),
    );
  };
  useEffect(() => {
    if (!loaded.has(view)) load();
  }, [view]);
  useEffect(() => {
    if (View) onShown();
  }, [view, View]);

  if (View) return <View key={view} />;
  if (failed !== view) return <Spinner />;
  return (
    <EmptyState icon="warning" title={t('shell.view_failed')} actions={<Button onClick={load}>{t('shell.retry')}</Button>}>
      {t('shell.view_failed_hint')}
    </EmptyState>
  );
}
