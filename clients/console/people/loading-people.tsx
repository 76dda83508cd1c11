// While the people are not there yet: that they are coming, or why they do not.
import { Button } from '../components/button.js';
import { EmptyState } from '../components/empty-state.js';
import { Spinner } from '../components/spinner.js';
import { t } from '../i18n/i18n.js';
import { loadFailure, loadPeople } from './people-store.js';

export function LoadingPeople() {
  if (loadFailure.value === undefined) return <Spinner />;
  return (
    <EmptyState
      icon="warning"
      title={loadFailure.value}
      actions={<Button onClick={() => void loadPeople(true)}>{t('shell.retry')}</Button>}
    />
  );
}
