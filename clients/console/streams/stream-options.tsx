// What else can be said about a camera: what to look for, how often, and what is seldom needed.
import { CheckField, SelectField, TextField } from '../components/field.js';
import { t } from '../i18n/i18n.js';
import { hasModels, type FieldErrors, type StreamFields } from './stream-form.js';
import { useTasks } from './use-tasks.js';

interface StreamOptionsProps {
  readonly fields: StreamFields;
  readonly errors: FieldErrors;
  readonly onChange: (part: Partial<StreamFields>) => void;
}

export function StreamOptions({ fields, errors, onChange }: StreamOptionsProps) {
  const { tasks, models } = useTasks(fields.task);
  return (
    <>
      <div class="streams-pair">
        <SelectField
          label={t('streams.task')}
          value={fields.task}
          options={tasks.map((value) => ({ value, label: t(`streams.task_${value}`) }))}
          onChange={(value) => onChange({ task: tasks.find((task) => task === value) ?? 'faces' })}
        />
        {hasModels(fields.task) && (
          <TextField
            label={t('streams.model')}
            hint={t('streams.model_hint')}
            value={fields.model}
            onInput={(model) => onChange({ model })}
            suggestions={models}
            maxLength={128}
            spellcheck={false}
          />
        )}
        <TextField
          label={t('streams.fps')}
          hint={t('streams.fps_hint')}
          error={errors.fps && t('streams.fps_wrong')}
          type="number"
          value={fields.fps}
          onInput={(fps) => onChange({ fps })}
        />
      </div>
      <CheckField
        label={t('streams.thumbnails')}
        hint={t('streams.thumbnails_hint')}
        checked={fields.thumbnails}
        onChange={(thumbnails) => onChange({ thumbnails })}
      />
      <details class="streams-more">
        <summary>{t('streams.more_options')}</summary>
        <div class="stack">
          <div class="streams-pair">
            <SelectField
              label={t('streams.transport')}
              value={fields.transport}
              options={(['tcp', 'udp'] as const).map((value) => ({ value, label: t(`streams.transport_${value}`) }))}
              onChange={(value) => onChange({ transport: value === 'udp' ? 'udp' : 'tcp' })}
            />
            <TextField
              label={t('streams.min_face')}
              hint={t('streams.min_face_hint')}
              error={errors.minFace && t('streams.min_face_wrong')}
              type="number"
              value={fields.minFace}
              onInput={(minFace) => onChange({ minFace })}
            />
          </div>
          <CheckField
            label={t('streams.motion_gate')}
            hint={t('streams.motion_gate_hint')}
            checked={fields.motionGate}
            onChange={(motionGate) => onChange({ motionGate })}
          />
          {fields.url.startsWith('media:') && (
            <CheckField label={t('streams.loop')} checked={fields.loop} onChange={(loop) => onChange({ loop })} />
          )}
        </div>
      </details>
    </>
  );
}
