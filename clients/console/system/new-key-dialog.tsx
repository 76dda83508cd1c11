// A new key: its name, what it may do, for which streams and how long. The first one of an open service is an administrator's,
// and this page signs itself in with it before anything can be refused.
import { useState } from 'preact/hooks';
import { ROLES, type Role } from '../../../protocol/access.js';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { holdSession, signIn } from '../app/session.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { CheckField, SelectField, TextField } from '../components/field.js';
import { t } from '../i18n/i18n.js';
import { patternsIn } from './key-list.js';
import type { MadeKey } from './made-key-dialog.js';

const DAY_MS = 86_400_000;
/** Days that a key may hold; 0: until it is revoked. */
const LASTING = [0, 1, 7, 30, 90, 365] as const;

interface NewKeyDialogProps {
  readonly isFirst: boolean;
  readonly onClose: () => void;
  readonly onMade: (made: MadeKey) => void;
}

export function NewKeyDialog({ isFirst, onClose, onMade }: NewKeyDialogProps) {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<ReadonlySet<Role>>(new Set(isFirst ? ['admin'] : []));
  const [streams, setStreams] = useState('*');
  const [days, setDays] = useState(0);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const isAdmin = roles.has('admin');
  const patterns = isAdmin ? ['*'] : patternsIn(streams);
  const lacksAdmin = isFirst && !isAdmin;
  const isComplete = name.trim() !== '' && roles.size > 0 && patterns !== null && !lacksAdmin;

  const make = async () => {
    if (!isComplete || isBusy) return;
    setBusy(true);
    setFailure(undefined);
    // From the moment that the key is there, whatever this page asks without it is refused.
    const release = isFirst ? holdSession() : undefined;
    try {
      const created = await http.keys.add({
        name: name.trim(),
        roles: [...roles],
        streams: patterns,
        expires_at: days === 0 ? null : Date.now() + days * DAY_MS,
      });
      if (!release) return onMade({ ...created, isSignedIn: false });
      const isSignedIn = await signIn(created.key).then(
        () => true,
        () => false,
      );
      if (isSignedIn) release();
      // Nobody must be sent to the sign-in before they have seen the key that they need there.
      onMade({ ...created, isSignedIn, ...(isSignedIn ? {} : { release }) });
    } catch (error) {
      release?.();
      setFailure(failureText(error));
      setBusy(false);
    }
  };
  const toggle = (role: Role, isWanted: boolean) => {
    setRoles(new Set(ROLES.filter((one) => (one === role ? isWanted : roles.has(one)))));
  };
  return (
    <Dialog
      title={t(isFirst ? 'keys.add_first' : 'keys.add')}
      keepsInput={name !== ''}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button kind="primary" busy={isBusy} disabled={!isComplete} onClick={() => void make()}>
            {t('keys.make')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        {isFirst && <p class="muted">{t('keys.first_dialog_hint')}</p>}
        <TextField
          label={t('keys.name')}
          hint={t('keys.name_hint')}
          value={name}
          maxLength={128}
          autoFocus
          error={failure}
          onInput={setName}
        />
        <fieldset class="system-roles">
          <legend class="field-label">{t('keys.roles')}</legend>
          {ROLES.map((role) => (
            <CheckField
              key={role}
              label={`${t(`access.role_${role}`)} (${role})`}
              hint={t(`keys.may_${role}`)}
              checked={roles.has(role)}
              onChange={(isWanted) => toggle(role, isWanted)}
            />
          ))}
          {lacksAdmin && (
            <p class="field-error" role="alert">
              {t('keys.first_must_be_admin')}
            </p>
          )}
        </fieldset>
        {!isAdmin && (
          <TextField
            label={t('keys.streams')}
            hint={t('keys.streams_hint')}
            value={streams}
            spellcheck={false}
            error={patterns === null ? t('keys.streams_wrong') : undefined}
            onInput={setStreams}
          />
        )}
        <SelectField
          label={t('keys.expires')}
          value={String(days)}
          options={LASTING.map((count) => ({
            value: String(count),
            label: count === 0 ? t('keys.expires_never') : t('keys.expires_days', { count }),
          }))}
          onChange={(value) => setDays(Number(value))}
        />
        {/* Enter in a field makes the key. */}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
