// The view system.
import { t } from '../i18n/i18n.js';
import { ViewHeader } from '../components/view-header.js';

export default function SystemView() {
  return <ViewHeader title={t('system.title')} />;
}
