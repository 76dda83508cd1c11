// Theme and language, behind one button.
import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { SelectField } from '../components/field.js';
import { language, LANGUAGE_NAMES, LANGUAGES, setLanguage, t } from '../i18n/i18n.js';
import { setTheme, theme } from './theme.js';

export function Appearance() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button kind="quiet" icon="settings" label={t('shell.settings')} onClick={() => setOpen(true)} />
      {isOpen && (
        <Dialog title={t('shell.settings')} onClose={() => setOpen(false)}>
          <div class="stack">
            <SelectField
              label={t('shell.theme')}
              value={theme.value}
              options={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`shell.theme_${value}`) }))}
              onChange={(value) => setTheme(value === 'light' || value === 'dark' ? value : 'system')}
            />
            <SelectField
              label={t('shell.language')}
              value={language.value}
              options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
              onChange={(value) => {
                const next = LANGUAGES.find((known) => known === value);
                if (next) void setLanguage(next);
              }}
            />
          </div>
        </Dialog>
      )}
    </>
  );
}
