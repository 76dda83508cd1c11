// The view streams.
import { t } from '../i18n/i18n.js';
import { ViewHeader } from '../components/view-header.js';

export default function StreamsView() {
  return <ViewHeader title={t('streams.title')} />;
}
