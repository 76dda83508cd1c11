// The view live.
import { t } from '../i18n/i18n.js';
import { ViewHeader } from '../components/view-header.js';

export default function LiveView() {
  return <ViewHeader title={t('live.title')} />;
}
