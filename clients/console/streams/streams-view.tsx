// The view of the registered streams: every camera with its newest picture and how it is.
import { useEffect, useState } from 'preact/hooks';
import { feedState } from '../app/event-feed.js';
import { can } from '../app/session.js';
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { Icon } from '../components/icon.js';
import { Spinner } from '../components/spinner.js';
import { ViewHeader } from '../components/view-header.js';
import { t } from '../i18n/i18n.js';
import { StreamCard } from './stream-card.js';
import { StreamDialog } from './stream-dialog.js';
import { loadFailure, loadStreams, streams, watchStreams, type WatchedStream } from './streams-store.js';
import './streams.css';

export default function StreamsView() {
  const [edited, setEdited] = useState<WatchedStream | 'new'>();
  useEffect(() => watchStreams(), []);
  const all = streams.value;
  const isEmpty = all?.length === 0;
  // Nobody knows then whether a camera is still live.
  const isStale = feedState.value === 'reconnecting' || loadFailure.value !== undefined;
  const mayChange = can('administer');
  const add = mayChange && (
    <Button kind="primary" icon="add" onClick={() => setEdited('new')}>
      {t('streams.add')}
    </Button>
  );
  return (
    <>
      <ViewHeader
        title={t('streams.title')}
        subtitle={all && !isEmpty ? countsOf(all, isStale) : undefined}
        actions={all && !isEmpty ? add : undefined}
      />
      {all === undefined && loadFailure.value === undefined && <Spinner />}
      {all === undefined && loadFailure.value !== undefined && (
        <EmptyState
          icon="warning"
          title={loadFailure.value}
          actions={<Button onClick={() => void loadStreams()}>{t('shell.retry')}</Button>}
        />
      )}
      {isEmpty && (
        <EmptyState icon="streams" title={t('streams.empty')} actions={add}>
          {t(mayChange ? 'streams.empty_hint' : 'streams.empty_viewer')}
        </EmptyState>
      )}
      {all && !isEmpty && (
        <>
          <div role="status">
            {isStale && (
              <div class="notice notice-warn streams-stale-notice">
                <Icon name="warning" size={18} />
                <p>{t('streams.stale')}</p>
              </div>
            )}
          </div>
          <div class={isStale ? 'streams-list streams-stale' : 'streams-list'}>
            {all.map((stream) => (
              <StreamCard key={stream.id} stream={stream} onEdit={mayChange ? () => setEdited(stream) : undefined} />
            ))}
          </div>
        </>
      )}
      {edited !== undefined && (
        <StreamDialog stream={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />
      )}
    </>
  );
}

function countsOf(all: readonly WatchedStream[], isStale: boolean): string {
  if (isStale) return t('streams.count', { count: all.length });
  const live = all.filter(({ state }) => state === 'live').length;
  return `${t('streams.count', { count: all.length })} · ${t('streams.live_count', { count: live })}`;
}
