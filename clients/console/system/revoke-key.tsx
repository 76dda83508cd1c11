// Asks before a key is revoked, since that cannot be undone; and says what else ends with it.
import { useState } from 'preact/hooks';
import type { KeyRecord } from '../../http-client.js';
import { failureText } from '../app/failure-text.js';
import { orGone } from '../app/gone.js';
import { http } from '../app/service.js';
import { currentPrincipal } from '../app/session.js';
import { Confirm } from '../components/confirm.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { isLastAdmin } from './key-list.js';

interface RevokeKeyProps {
  readonly of: KeyRecord;
  readonly all: readonly KeyRecord[];
  readonly onClose: () => void;
}

export function RevokeKey({ of, all, onClose }: RevokeKeyProps) {
  const [isBusy, setBusy] = useState(false);
  const principal = currentPrincipal();
  const revoke = async () => {
    setBusy(true);
    try {
      await orGone(http.keys.revoke(of.id));
      toast(t('keys.revoked_now', { name: of.name }), { tone: 'ok' });
    } catch (error) {
      toast(failureText(error), { tone: 'bad' });
    }
    onClose();
  };
  return (
    <Confirm
      title={t('keys.revoke_title', { name: of.name })}
      confirmLabel={t('keys.revoke')}
      danger
      busy={isBusy}
      onConfirm={() => void revoke()}
      onClose={onClose}
    >
      <div class="stack">
        <p>{t('keys.revoke_hint')}</p>
        {/* The service tells whose session it is by name alone. */}
        {principal?.kind !== 'local' && principal?.name === of.name && <p>{t('keys.revoke_own')}</p>}
        {isLastAdmin(of, all) && <p>{t('keys.revoke_last')}</p>}
      </div>
    </Confirm>
  );
}
