// A key that was just made, the only time that it is shown.
import { useRef, useState } from 'preact/hooks';
import type { CreatedKey } from '../../http-client.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { Icon } from '../components/icon.js';
import { isolated, t } from '../i18n/i18n.js';

export interface MadeKey extends CreatedKey {
  /** This page goes on with it. */
  readonly isSignedIn: boolean;
  /** To be called when the key has been seen. */
  readonly release?: () => void;
}

export function MadeKeyDialog({ made, onClose }: { readonly made: MadeKey; readonly onClose: () => void }) {
  const text = useRef<HTMLElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(made.key);
      setCopied(true);
    } catch {
      // Browsers lend the clipboard to secure pages alone: the key is marked, to be copied by hand.
      if (text.current) getSelection()?.selectAllChildren(text.current);
    }
  };
  return (
    <Dialog
      title={t('keys.made', { name: isolated(made.name) })}
      keepsInput
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t('keys.kept')}
        </Button>
      }
    >
      <div class="stack">
        <div class="notice notice-warn">
          <Icon name="warning" size={18} />
          <p>{t('keys.shown_once')}</p>
        </div>
        <code ref={text} class="system-secret" tabIndex={0} aria-label={t('keys.the_key')} role="group">
          {made.key}
        </code>
        <span class="row">
          <Button icon={isCopied ? 'check' : 'copy'} onClick={() => void copy()}>
            {t('keys.copy')}
          </Button>
          <span role="status" class="muted">
            {isCopied && t('keys.copied')}
          </span>
        </span>
        {made.isSignedIn && <p>{t('keys.signed_in_with')}</p>}
        {made.release && <p class="field-error">{t('keys.not_signed_in')}</p>}
      </div>
    </Dialog>
  );
}
