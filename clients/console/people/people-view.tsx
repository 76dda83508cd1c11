// The view people.
import { t } from '../i18n/i18n.js';
import { ViewHeader } from '../components/view-header.js';

export default function PeopleView() {
  return <ViewHeader title={t('people.title')} />;
}
