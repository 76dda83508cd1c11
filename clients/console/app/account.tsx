// Who is signed in, as what, and the way out. Nothing where nobody needs to sign in.
import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { toast } from '../components/toast.js';
import { isolated, t } from '../i18n/i18n.js';
import { failureText } from './failure-text.js';
import { rolesText } from './roles-text.js';
import { currentPrincipal, signOut } from './session.js';

export function Account() {
  const [isBusy, setBusy] = useState(false);
  const principal = currentPrincipal();
  if (principal === undefined || principal.kind === 'local') return null;
  const leave = async () => {
    setBusy(true);
    try {
      await signOut();
    } catch (error) {
      toast(failureText(error), { tone: 'bad' });
      setBusy(false);
    }
  };
  const roles = rolesText(principal.roles);
  return (
    <div class="account" role="group" aria-label={t('access.account')}>
      <Icon name="user" size={18} />
      <span class="account-about" title={`${principal.name} · ${roles}`}>
        <span class="account-name truncate">{isolated(principal.name)}</span>
        <span class="account-roles truncate">{roles}</span>
      </span>
      <Button kind="quiet" icon="leave" busy={isBusy} label={t('access.sign_out')} onClick={() => void leave()} />
    </div>
  );
}
