// The configuration in force: every setting, its value, and from where it comes. Secrets come as `***` from the service.
import { useEffect, useState } from 'preact/hooks';
import type { ConfigReport } from '../../http-client.js';
import { http } from '../app/service.js';
import { Badge } from '../components/badge.js';
import { DataTable } from '../components/data-table.js';
import { CheckField, TextField } from '../components/field.js';
import { t } from '../i18n/i18n.js';
import { settingText } from './setting-text.js';

type Setting = ConfigReport['settings'][number];
const LEVEL = 'matchThreshold';

export function Configuration() {
  const [config, setConfig] = useState<ConfigReport>();
  const [search, setSearch] = useState('');
  const [isChangedOnly, setChangedOnly] = useState(false);
  useEffect(() => {
    http.config().then(setConfig, () => undefined);
  }, []);
  const level = useLevel(config);
  if (!config) return null;
  const wanted = search.trim().toLowerCase();
  const rows = config.settings.filter(
    (setting) =>
      (!isChangedOnly || setting.from !== 'default') &&
      `${setting.name} ${setting.env} ${setting.meaning}`.toLowerCase().includes(wanted),
  );
  return (
    <div class="stack">
      <h2>{t('system.configuration')}</h2>
      <p class="muted">
        {config.file === null ? t('system.no_file') : t('system.file', { file: config.file })} {t('system.configuration_hint')}
      </p>
      <div class="row system-filter">
        <TextField
          label={t('system.search')}
          hideLabel
          type="search"
          placeholder={t('system.search')}
          value={search}
          onInput={setSearch}
        />
        <CheckField label={t('system.changed_only')} checked={isChangedOnly} onChange={setChangedOnly} />
      </div>
      <DataTable
        caption={t('system.configuration')}
        rows={rows}
        stacks
        none={t('system.no_setting')}
        keyOf={({ name }) => name}
        columns={[
          {
            title: t('system.setting'),
            cell: ({ env, meaning }) => (
              <>
                <code>{env}</code>
                <p class="muted system-meaning" lang="en">
                  {meaning.replaceAll('`', '')}
                </p>
              </>
            ),
          },
          {
            title: t('system.value'),
            cell: (setting) => <Value setting={setting} inForce={setting.name === LEVEL ? level : undefined} />,
          },
          {
            title: t('system.from'),
            cell: ({ from }) => <Badge tone={from === 'default' ? 'neutral' : 'accent'}>{t(`system.from_${from}`)}</Badge>,
          },
        ]}
      />
    </div>
  );
}

/** The level at which a face is given a name, as it is in force: that of the models where none is set. */
function useLevel(config: ConfigReport | undefined): number | undefined {
  const [level, setLevel] = useState<number>();
  const isOfPack = config?.settings.some(({ name, value }) => name === LEVEL && value === null) ?? false;
  useEffect(() => {
    if (isOfPack)
      http.people.lookalikes(1).then(
        (answer) => setLevel(answer.level),
        () => undefined,
      );
  }, [isOfPack]);
  return level;
}

function Value({ setting, inForce }: { readonly setting: Setting; readonly inForce: number | undefined }) {
  const { text, isEnglish } = settingText(setting, inForce);
  return (
    <code class="system-value" lang={isEnglish ? 'en' : undefined}>
      {text}
    </code>
  );
}
