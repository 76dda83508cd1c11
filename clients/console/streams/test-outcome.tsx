// What became of an address that was tried, and of a camera that could not be saved.
import type { ComponentChildren } from 'preact';
import { Icon } from '../components/icon.js';
import { t } from '../i18n/i18n.js';
import type { SourceReason } from './source-reason.js';
import type { AddressTest } from './use-address-test.js';

export function TestOutcome({ test: { state, kind = 'video', failure } }: { readonly test: AddressTest }) {
  return (
    <div class="streams-outcome" role="status">
      {state === 'trying' && <p class="muted">{t('streams.testing')}</p>}
      {state === 'good' && (
        <p class="row streams-good">
          <Icon name="check" size={18} />
          {t(`streams.tested_${kind}`)}
        </p>
      )}
      {failure && (
        <Trouble reason={failure} title={t('streams.test_failed')}>
          {state === 'failed' && <p class="muted">{t('streams.hint_saved_anyway')}</p>}
        </Trouble>
      )}
    </div>
  );
}

interface TroubleProps {
  readonly reason: SourceReason;
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function Trouble({ reason, title, children }: TroubleProps) {
  return (
    <div class="notice notice-bad">
      <Icon name="warning" size={18} />
      <div>
        <p>
          <strong>{title}.</strong> {reason.text}
        </p>
        {reason.hint !== undefined && <p>{reason.hint}</p>}
        {children}
      </div>
    </div>
  );
}
