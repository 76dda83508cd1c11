// Asks before something that cannot be undone.
import type { ComponentChildren } from 'preact';
import { t } from '../i18n/i18n.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';

interface ConfirmProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What happens, as a verb: "Delete". */
  readonly confirmLabel: string;
  readonly danger?: boolean | undefined;
  readonly busy?: boolean | undefined;
  /** What is needed to do it is not there yet. */
  readonly disabled?: boolean | undefined;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function Confirm({ title, children, confirmLabel, danger, busy, disabled, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button kind={danger ? 'danger' : 'primary'} busy={busy} disabled={disabled} onClick={onConfirm}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
