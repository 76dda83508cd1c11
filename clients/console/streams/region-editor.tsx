// The picture of a camera with the region on it that is looked at: drawn with mouse, finger or arrow keys.
import { useId, useRef, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { formatPercent, t } from '../i18n/i18n.js';
import { regionAfterKey, regionBetween, type Region } from './region.js';

interface RegionEditorProps {
  readonly picture: string;
  readonly region: Region | null;
  readonly onChange: (region: Region | null) => void;
}

export function RegionEditor({ picture, region, onChange }: RegionEditorProps) {
  const id = useId();
  const [corner, setCorner] = useState<readonly [number, number]>();
  const frame = useRef<HTMLDivElement>(null);

  const placeOf = (event: PointerEvent): readonly [number, number] => {
    const { left = 0, top = 0, width = 1, height = 1 } = frame.current?.getBoundingClientRect() ?? {};
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  };
  const onKey = (event: KeyboardEvent) => {
    const next = regionAfterKey(region, event.key, event.shiftKey);
    if (next === undefined) return;
    event.preventDefault();
    onChange(next);
  };
  const [x = 0, y = 0, width = 1, height = 1] = region ?? [];
  return (
    <div class="stack streams-region-editor">
      <div
        ref={frame}
        class="streams-draw"
        role="application"
        tabIndex={0}
        aria-label={t('streams.region_editor')}
        aria-describedby={`${id}-hint ${id}-now`}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          event.preventDefault();
          frame.current?.focus();
          frame.current?.setPointerCapture(event.pointerId);
          setCorner(placeOf(event));
        }}
        onPointerMove={(event) => {
          const drawn = corner && regionBetween(corner, placeOf(event));
          if (drawn) onChange(drawn);
        }}
        onPointerUp={() => setCorner(undefined)}
        onPointerCancel={() => setCorner(undefined)}
      >
        <img src={picture} alt={t('streams.picture_of')} draggable={false} />
        {region && (
          <span
            class="streams-region streams-region-drawn"
            aria-hidden="true"
            style={{ left: `${x * 100}%`, top: `${y * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` }}
          />
        )}
      </div>
      <div class="row spread">
        <p id={`${id}-now`} aria-live="polite">
          {region === null
            ? t('streams.region_none')
            : t('streams.region_some', {
                width: formatPercent(width),
                height: formatPercent(height),
                left: formatPercent(x),
                top: formatPercent(y),
              })}
        </p>
        {region && <Button onClick={() => onChange(null)}>{t('streams.region_clear')}</Button>}
      </div>
      <p id={`${id}-hint`} class="field-hint">
        {t('streams.region_hint')}
      </p>
    </div>
  );
}
