// One camera: its newest picture, how it is, and why where that is not well.
import { useState } from 'preact/hooks';
import { codecName, sourceKind } from '../../../protocol/source-kind.js';
import { linkTo } from '../app/router.js';
import { Badge } from '../components/badge.js';
import { Button, LinkButton } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { formatDuration, formatNumber, t } from '../i18n/i18n.js';
import { sourceReason } from './source-reason.js';
import { deleteStream, setEnabled, type WatchedStream } from './streams-store.js';
import { useSnapshot } from './use-snapshot.js';

const TONES = {
  connecting: 'neutral',
  live: 'ok',
  stalled: 'warn',
  backoff: 'warn',
  failed: 'bad',
  disabled: 'neutral',
} as const;

interface StreamCardProps {
  readonly stream: WatchedStream;
  /** Absent for somebody who may change nothing. */
  readonly onEdit: (() => void) | undefined;
}

export function StreamCard({ stream, onEdit }: StreamCardProps) {
  const { id, state, url, enabled, reason } = stream;
  // Nobody has switched off what is not watched for a reason: it came to its end.
  const badge = state === 'disabled' && reason !== null ? 'ended' : state;
  return (
    <article class="card streams-card" aria-label={id}>
      <Picture stream={stream} />
      <div class="streams-about">
        <div class="row spread">
          <h2 class="truncate">{id}</h2>
          <span class="row streams-state">
            <span role="status">
              <Badge tone={TONES[state]}>{t(`streams.state_${badge}`)}</Badge>
            </span>
            <span class="muted">{t('streams.since', { time: formatDuration(Date.now() - stream.since) })}</span>
          </span>
        </div>
        <p class="muted truncate" title={url}>
          <code>{url}</code>
        </p>
        <Reason stream={stream} />
        <Unsteady stream={stream} />
        <Facts stream={stream} />
        <div class="row spread streams-actions">
          {onEdit && (
            <button
              type="button"
              role="switch"
              class="streams-switch"
              aria-checked={enabled}
              aria-label={t('streams.enabled_of', { name: id })}
              onClick={() => void setEnabled(id, !enabled)}
            >
              <span class="streams-switch-track" aria-hidden="true" />
              {t('streams.enabled')}
            </button>
          )}
          <span class="row">
            {enabled && (
              <LinkButton
                kind="quiet"
                icon="live"
                label={t('streams.watch_of', { name: id })}
                href={linkTo('live', [], { stream: id })}
              />
            )}
            {onEdit && (
              <>
                <Button kind="quiet" icon="edit" label={t('streams.edit_of', { name: id })} onClick={onEdit} />
                <Button kind="quiet" icon="trash" label={t('streams.delete_of', { name: id })} onClick={() => deleteStream(id)} />
              </>
            )}
          </span>
        </div>
      </div>
    </article>
  );
}

/** Of the place that a picture is shown in. */
const PLACE_RATIO = 16 / 9;

function Picture({ stream: { id, state, region } }: { readonly stream: WatchedStream }) {
  const isLive = state === 'live';
  const { place, url } = useSnapshot(id, isLive);
  // Of the picture itself, which may be turned and have other pixels than the camera sends.
  const [ratio, setRatio] = useState<number>();
  // As large as it gets without being cut; the region lies on it and not beside it.
  const fitted = (ratio ?? PLACE_RATIO) > PLACE_RATIO ? { width: '100%' } : { height: '100%' };
  const size = { aspectRatio: String(ratio ?? PLACE_RATIO), ...fitted, ...(ratio === undefined && { visibility: 'hidden' }) };
  const percent = (part: number | undefined) => `${(part ?? 0) * 100}%`;
  return (
    <div ref={place} class={`streams-picture ${isLive ? '' : 'streams-picture-old'}`}>
      {url === undefined ? (
        <span class="streams-picture-none">
          <Icon name="camera" size={30} />
          {t('streams.no_picture')}
        </span>
      ) : (
        <span class="streams-picture-frame" style={size}>
          <img
            src={url}
            alt={t('streams.snapshot_of', { name: id })}
            decoding="async"
            onLoad={({ currentTarget }) => setRatio(currentTarget.naturalWidth / currentTarget.naturalHeight)}
          />
          {region && (
            <span
              class="streams-region"
              aria-hidden="true"
              style={{ left: percent(region[0]), top: percent(region[1]), width: percent(region[2]), height: percent(region[3]) }}
            />
          )}
        </span>
      )}
      {url !== undefined && !isLive && <span class="streams-picture-note">{t('streams.last_picture')}</span>}
    </div>
  );
}

function Reason({ stream: { state, reason } }: { readonly stream: WatchedStream }) {
  if (reason === null || state === 'live') return null;
  const { text, hint } = sourceReason(reason);
  return (
    <div class={`notice streams-reason ${state === 'failed' ? 'notice-bad' : 'notice-warn'}`}>
      <Icon name="warning" size={18} />
      <div>
        <p>{text}</p>
        {hint !== undefined && <p class="muted">{hint}</p>}
      </div>
    </div>
  );
}

/** What is wrong with a camera that gives pictures, or gave them a moment ago. */
function Unsteady({ stream: { frozen_since, flapping = false, changes } }: { readonly stream: WatchedStream }) {
  const texts = [
    ...(typeof frozen_since === 'number' ? [t('streams.frozen', { time: formatDuration(Date.now() - frozen_since) })] : []),
    ...(flapping ? [t('streams.flapping', { down: formatNumber(changes?.down ?? 0) })] : []),
  ];
  if (texts.length === 0) return null;
  return (
    <div class="notice streams-reason notice-warn">
      <Icon name="warning" size={18} />
      <p>{texts.join(' ')}</p>
    </div>
  );
}

function Facts({ stream: { format, frames, rate } }: { readonly stream: WatchedStream }) {
  const { width, height, fps } = format ?? {};
  const picture = [
    format?.still ? t('streams.kind_still') : undefined,
    width === undefined || height === undefined ? undefined : `${width} × ${height}`,
    format ? (sourceKind(format) === 'mjpeg' ? t('streams.kind_mjpeg') : codecName(format).toUpperCase()) : undefined,
    fps === undefined || fps === null ? undefined : t('streams.fps_of', { fps: formatNumber(fps, 1) }),
    rate === null ? undefined : t('streams.rate', { rate: formatNumber(rate, 1) }),
  ].filter((fact) => fact !== undefined);
  return (
    <div class="streams-facts muted">
      {picture.length > 0 && <p>{picture.join(' · ')}</p>}
      {frames && <p>{t('streams.frames', { ok: frames.ok, skipped: frames.dropped + frames.skipped, errors: frames.errors })}</p>}
    </div>
  );
}
