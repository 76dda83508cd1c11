// The API keys: who has one, what for, and the making and revoking of them. Must never keep a key's text: it is shown once.
import { useEffect, useState } from 'preact/hooks';
import { failureText } from '../app/failure-text.js';
import { rolesText } from '../app/roles-text.js';
import { http } from '../app/service.js';
import { currentPrincipal } from '../app/session.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { DataTable } from '../components/data-table.js';
import { CheckField } from '../components/field.js';
import { Icon } from '../components/icon.js';
import type { KeyRecord } from '../../http-client.js';
import { formatDate, formatTime, isolated, t } from '../i18n/i18n.js';
import { inOrder, stateOf } from './key-list.js';
import { MadeKeyDialog, type MadeKey } from './made-key-dialog.js';
import { NewKeyDialog } from './new-key-dialog.js';
import { RevokeKey } from './revoke-key.js';

const TONES = { valid: 'ok', expired: 'warn', revoked: 'neutral' } as const;

export function Keys() {
  const [keys, setKeys] = useState<readonly KeyRecord[]>();
  const [failure, setFailure] = useState<string>();
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<MadeKey>();
  const [revoking, setRevoking] = useState<KeyRecord>();
  const [showsRevoked, setShowsRevoked] = useState(false);
  const isOutright = useOpenOutright();
  const load = () =>
    http.keys.list().then(
      (found) => {
        setKeys(found);
        setFailure(undefined);
      },
      (error: unknown) => setFailure(failureText(error)),
    );
  useEffect(() => void load(), []);

  const isLocal = currentPrincipal()?.kind === 'local';
  // Where the service was opened outright, keys change nothing.
  const isFirst = isLocal && isOutright === false;
  const rows = inOrder(keys ?? []).filter((key) => showsRevoked || stateOf(key) !== 'revoked');
  const hasRevoked = keys?.some((key) => stateOf(key) === 'revoked') ?? false;
  return (
    <section class="stack" aria-labelledby="system-keys">
      <div class="row spread">
        <h2 id="system-keys">{t('keys.title')}</h2>
        <Button icon="add" disabled={keys === undefined || (isLocal && isOutright === undefined)} onClick={() => setAdding(true)}>
          {t(isFirst ? 'keys.add_first' : 'keys.add')}
        </Button>
      </div>
      {isFirst && (
        <div class="notice">
          <Icon name="info" size={18} />
          <p>{t('keys.first_hint')}</p>
        </div>
      )}
      {isLocal && isOutright === true && (
        <div class="notice notice-warn">
          <Icon name="warning" size={18} />
          <p>{t('keys.open_hint')}</p>
        </div>
      )}
      {!isLocal && <p class="muted">{t('keys.hint')}</p>}
      {failure !== undefined && (
        <p class="field-error" role="alert">
          {failure}
        </p>
      )}
      {hasRevoked && <CheckField label={t('keys.show_revoked')} checked={showsRevoked} onChange={setShowsRevoked} />}
      {rows.length > 0 && (
        <DataTable
          caption={t('keys.title')}
          rows={rows}
          stacks
          keyOf={({ id }) => id}
          columns={[
            { title: t('keys.name'), cell: (key) => <NameCell of={key} /> },
            { title: t('keys.roles'), cell: ({ roles }) => rolesText(roles) },
            { title: t('keys.streams'), cell: streamsText },
            { title: t('keys.created'), cell: ({ created_at: createdAt }) => formatDate(createdAt) },
            { title: t('keys.last_used'), cell: ({ last_used_at: at }) => (at === null ? t('keys.never') : formatTime(at)) },
            { title: t('keys.expires'), cell: ({ expires_at: at }) => (at === null ? t('keys.never') : formatDate(at)) },
            { title: t('keys.state'), cell: (key) => <StateCell of={key} onRevoke={() => setRevoking(key)} /> },
          ]}
        />
      )}
      {isAdding && (
        <NewKeyDialog
          isFirst={isFirst}
          onClose={() => setAdding(false)}
          onMade={(key) => {
            setAdding(false);
            setMade(key);
            void load();
          }}
        />
      )}
      {made && (
        <MadeKeyDialog
          made={made}
          onClose={() => {
            setMade(undefined);
            made.release?.();
          }}
        />
      )}
      {revoking && (
        <RevokeKey
          of={revoking}
          all={keys ?? []}
          onClose={() => {
            setRevoking(undefined);
            void load();
          }}
        />
      )}
    </section>
  );
}

function NameCell({ of: { name, prefix } }: { readonly of: KeyRecord }) {
  return (
    <>
      <span class="system-key-name">{isolated(name)}</span>
      <br />
      <code class="muted">{prefix}_…</code>
    </>
  );
}

function StateCell({ of, onRevoke }: { readonly of: KeyRecord; readonly onRevoke: () => void }) {
  const state = stateOf(of);
  return (
    <span class="row system-key-state">
      <Badge tone={TONES[state]} title={of.revoked_at === undefined ? undefined : formatTime(of.revoked_at)}>
        {t(`keys.${state}`)}
      </Badge>
      {state !== 'revoked' && (
        <Button kind="quiet" icon="trash" label={t('keys.revoke_of', { name: of.name })} onClick={onRevoke} />
      )}
    </span>
  );
}

function streamsText({ roles, streams }: KeyRecord) {
  if (roles.includes('admin') || streams.includes('*')) return t('keys.all_streams');
  return <code class="system-value">{streams.join(', ')}</code>;
}

/** Whether everybody is let in by the configuration, whatever keys there are; undefined until that is known. */
function useOpenOutright(): boolean | undefined {
  const [isOpen, setOpen] = useState<boolean>();
  useEffect(() => {
    http.config().then(
      ({ settings }) => setOpen(settings.some(({ name, value }) => name === 'open' && value === true)),
      () => undefined,
    );
  }, []);
  return isOpen;
}
