// Models in folders: their versions, which of them is in use, and putting another in its place. Files that are dropped here become one.
import { useEffect, useState } from 'preact/hooks';
import type { ModelVersionsAnswer, ServedModelVersions, ServedVersion } from '../../../protocol/models.js';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { Confirm } from '../components/confirm.js';
import { DataTable } from '../components/data-table.js';
import { DropTarget } from '../components/drop-target.js';
import { toast } from '../components/toast.js';
import { formatNumber, formatPercent, isolated, t } from '../i18n/i18n.js';
import { ChooseFiles, GiveModelDialog } from './give-model-dialog.js';

const LOOK_AGAIN_MS = 3000;
/** Share of the streams that a version is tried on. */
const TRIED_SHARE = 0.1;
const TONES = { open: 'ok', closed: 'neutral', failed: 'bad', fetching: 'accent' } as const;

interface Row {
  readonly model: ServedModelVersions;
  readonly of: ServedVersion;
}

export function ModelVersions({ onChange }: { readonly onChange: () => void }) {
  const [answer, setAnswer] = useState<ModelVersionsAnswer>();
  const [dropped, setDropped] = useState<readonly File[]>();
  const [removing, setRemoving] = useState<Row>();
  const [busy, setBusy] = useState<string>();
  const load = () => http.servedModels.versions().then(setAnswer, () => undefined);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const act = async (id: string, work: () => Promise<unknown>, done: string) => {
    setBusy(id);
    try {
      await work();
      toast(done, { tone: 'ok' });
      onChange();
    } catch (error) {
      toast(failureText(error), { tone: 'bad' });
    }
    setBusy(undefined);
    await load();
  };
  const rows = (answer?.models ?? []).flatMap((model) => model.versions.map((of): Row => ({ model, of })));
  const { servedModels } = http;
  return (
    <DropTarget
      class="system-drop stack"
      hint={t('system.drop_here')}
      onDrop={dropped ? undefined : ({ files }) => setDropped(Array.from(files))}
    >
      <div class="row spread">
        <h2 id="system-own-models">{t('system.own_models')}</h2>
        <ChooseFiles onFiles={setDropped} />
      </div>
      <p class="muted">{t('system.own_models_hint')}</p>
      {rows.length > 0 && (
        <DataTable
          caption={t('system.own_models')}
          rows={rows}
          stacks
          keyOf={({ of }) => of.id}
          columns={[
            { title: t('system.model_name'), cell: ({ model }) => isolated(model.name) },
            { title: t('system.model_version'), cell: ({ of }) => isolated(of.version) },
            { title: t('system.task'), cell: ({ of }) => (of.task === null ? '–' : t(`system.task_${of.task}`)) },
            { title: t('system.state'), cell: (row) => <State of={row} /> },
            {
              title: t('system.change'),
              cell: (row) => (
                <Actions
                  of={row}
                  isBusy={busy === row.of.id}
                  onUse={() =>
                    void act(
                      row.of.id,
                      () => servedModels.use(row.model.name, row.of.version),
                      t('system.now_in_use', { id: row.of.id }),
                    )
                  }
                  onTry={(share) =>
                    void act(
                      row.of.id,
                      () => servedModels.tryOut(row.model.name, row.of.version, share),
                      t(share > 0 ? 'system.now_tried' : 'system.no_longer_tried', {
                        id: row.of.id,
                        share: formatPercent(share),
                      }),
                    )
                  }
                  onRemove={() => setRemoving(row)}
                />
              ),
            },
          ]}
        />
      )}
      {dropped && (
        <GiveModelDialog
          dropped={dropped}
          known={new Map((answer?.models ?? []).map(({ name, versions }) => [name, versions.map(({ version }) => version)]))}
          onClose={() => setDropped(undefined)}
          onGiven={() => {
            setDropped(undefined);
            onChange();
            void load();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={t('system.remove_title', { id: removing.of.id })}
          confirmLabel={t('system.remove')}
          danger
          onConfirm={() => {
            const { model, of } = removing;
            setRemoving(undefined);
            void act(of.id, () => servedModels.remove(model.name, of.version), t('system.removed', { id: of.id }));
          }}
          onClose={() => setRemoving(undefined)}
        >
          <p>{t('system.remove_hint')}</p>
        </Confirm>
      )}
    </DropTarget>
  );
}

function State({ of: { model, of } }: { readonly of: Row }) {
  const { in_use: inUse, canary, previous } = model;
  const { version, state, reason, received_bytes: bytes } = of;
  return (
    <span class="row system-version-state">
      <Badge tone={TONES[state]}>
        {state === 'fetching'
          ? t('system.state_fetching', { size: formatNumber((bytes ?? 0) / 1e6, 0) })
          : t(`system.state_${state}`)}
      </Badge>
      {version === inUse && <Badge tone="accent">{t('system.in_use')}</Badge>}
      {version === canary?.version && <Badge tone="warn">{t('system.tried', { share: formatPercent(canary.share) })}</Badge>}
      {version === previous && version !== inUse && <Badge>{t('system.used_before')}</Badge>}
      {reason !== undefined && (
        <span class="system-reason" lang="en">
          {reason}
        </span>
      )}
    </span>
  );
}

interface ActionsProps {
  readonly of: Row;
  readonly isBusy: boolean;
  readonly onUse: () => void;
  readonly onTry: (share: number) => void;
  readonly onRemove: () => void;
}

function Actions({ of: { model, of }, isBusy, onUse, onTry, onRemove }: ActionsProps) {
  const { version, id, state, place } = of;
  if (state === 'fetching') return null;
  const isInUse = version === model.in_use;
  const isTried = version === model.canary?.version;
  const isThere = of.task !== null;
  return (
    <span class="row">
      {!isInUse && isThere && (
        <Button busy={isBusy} label={t('system.use_of', { id })} onClick={onUse}>
          {t('system.use')}
        </Button>
      )}
      {!isInUse && isThere && (
        <Button
          label={isTried ? t('system.try_end_of', { id }) : t('system.try_of', { id, share: formatPercent(TRIED_SHARE) })}
          onClick={() => onTry(isTried ? 0 : TRIED_SHARE)}
        >
          {isTried ? t('system.try_end') : t('system.try', { share: formatPercent(TRIED_SHARE) })}
        </Button>
      )}
      {place === 'own' && isThere && !isTried && (!isInUse || model.versions.length === 1) && (
        <Button kind="quiet" icon="trash" label={t('system.remove_of', { id })} onClick={onRemove} />
      )}
    </span>
  );
}
