// Something is on its way. It appears only after a moment, so that what is quick does not flicker.
import { t } from '../i18n/i18n.js';

export function Spinner({ label = t('shell.loading') }: { readonly label?: string | undefined }) {
  return (
    <div class="spinner-block" role="status">
      <span class="spinner" aria-hidden="true" />
      <span>{label}</span>
    </div>
  );
}
