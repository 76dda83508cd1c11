// The view events.
import { t } from '../i18n/i18n.js';
import { ViewHeader } from '../components/view-header.js';

export default function EventsView() {
  return <ViewHeader title={t('events.title')} />;
}
