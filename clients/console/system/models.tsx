// The models that are loaded: what each does, what runs it, and under which terms it may be used.
import { useEffect, useState } from 'preact/hooks';
import type { LoadedModel } from '../../http-client.js';
import { http } from '../app/service.js';
import { can } from '../app/session.js';
import { Badge } from '../components/badge.js';
import { Icon } from '../components/icon.js';
import { formatNumber, t } from '../i18n/i18n.js';
import { ModelVersions } from './model-versions.js';

export function Models() {
  const [models, setModels] = useState<readonly LoadedModel[]>([]);
  const load = () =>
    http.models().then(
      (found) => setModels(found),
      () => undefined,
    );
  useEffect(() => void load(), []);
  if (models.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="system-models">
      {can('administer') && <ModelVersions onChange={() => void load()} />}
      <h2 id="system-models">{t('system.models')}</h2>
      <ul class="system-models">
        {models.map((model) => (
          <ModelCard key={model.id} model={model} />
        ))}
      </ul>
    </section>
  );
}

function ModelCard({ model }: { readonly model: LoadedModel }) {
  const { width, height, colour } = model.input;
  return (
    <li class="card system-model">
      <div class="row spread">
        <h3 class="truncate">{model.id}</h3>
        <Badge tone="accent">{t(`system.task_${model.task}`)}</Badge>
      </div>
      <dl class="system-facts">
        <dt>{t('system.licence')}</dt>
        <dd>{model.licence}</dd>
        <dt>{t('system.model_version')}</dt>
        <dd>
          {model.family} {model.version}
        </dd>
        <dt>{t('system.provider')}</dt>
        <dd>{model.provider.toUpperCase()}</dd>
        <dt>{t('system.input')}</dt>
        <dd>
          {width} × {height} {colour.toUpperCase()}
          {model.dim !== undefined && ` → ${model.dim}`}
        </dd>
        <dt>{t('system.loaded_in')}</dt>
        <dd>{t('system.load_times', { load: formatNumber(model.load_ms, 0), warmup: formatNumber(model.warmup_ms, 0) })}</dd>
        <dt>SHA-256</dt>
        <dd class="truncate" title={model.sha256}>
          <code>{model.sha256}</code>
        </dd>
      </dl>
      {model.licence_caveats.map((caveat) => (
        <p key={caveat} class="notice notice-warn system-caveat">
          <Icon name="warning" size={18} />
          <span lang="en">{caveat}</span>
        </p>
      ))}
    </li>
  );
}
