// What is to be done to a picture that comes turned, mirrored or squeezed. Folded away: few cameras need it.
import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../components/field.js';
import { t } from '../i18n/i18n.js';
import { shapeOf, turned, type FieldErrors, type StreamFields } from './stream-form.js';

const TURNS = [0, 90, 180, 270] as const;
const MIRRORS = ['none', 'horizontal', 'vertical'] as const;
/** Of most cameras. */
const ASPECTS = ['16:9', '4:3', '3:2', '5:4', '1:1'];

interface PictureOptionsProps {
  readonly fields: StreamFields;
  readonly errors: FieldErrors;
  readonly onChange: (part: Partial<StreamFields>) => void;
}

export function PictureOptions({ fields, errors, onChange }: PictureOptionsProps) {
  const [isOpen] = useState(Object.keys(shapeOf(fields)).length > 0);
  return (
    <details class="streams-more" open={isOpen}>
      <summary>{t('streams.shape')}</summary>
      <div class="stack">
        <div class="streams-pair">
          <SelectField
            label={t('streams.rotate')}
            value={String(fields.rotate)}
            options={TURNS.map((turn) => ({ value: String(turn), label: t(`streams.rotate_${turn}`) }))}
            onChange={(value) => onChange(turned(fields, { rotate: TURNS.find((turn) => String(turn) === value) ?? 0 }))}
          />
          <SelectField
            label={t('streams.flip')}
            hint={t('streams.flip_hint')}
            value={fields.flip}
            options={MIRRORS.map((value) => ({ value, label: t(`streams.flip_${value}`) }))}
            onChange={(value) => onChange(turned(fields, { flip: MIRRORS.find((mirror) => mirror === value) ?? 'none' }))}
          />
        </div>
        <TextField
          label={t('streams.aspect')}
          hint={t('streams.aspect_hint')}
          error={errors.aspect && t('streams.aspect_wrong')}
          value={fields.aspect}
          maxLength={24}
          spellcheck={false}
          suggestions={ASPECTS}
          onInput={(aspect) => onChange({ aspect })}
        />
      </div>
    </details>
  );
}
