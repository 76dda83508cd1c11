// What is happening, in plain sentences: what stands in the way, or who is in view; and whether less is looked at than
// could be, and whose fault that is.
import type { NamedFace } from '../../../protocol/payloads.js';
import { CameraError } from '../../browser/camera-error.js';
import { StreamClosedError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { formatNumber, t } from '../i18n/i18n.js';
import { sayingOf } from './face-words.js';
import type { LiveFigures, LiveState } from './live-source.js';

export interface Status {
  readonly tone: 'neutral' | 'ok' | 'warn' | 'bad';
  readonly text: string;
}

/** Fewer answered frames a second than this are told of. */
const FEW_FPS = 15;
/** So many dropped frames in two seconds are no accident. */
const MANY_DROPPED = 3;

export function statusOf(state: LiveState, faces: readonly NamedFace[] | undefined): Status {
  if (state.is === 'failed') return { tone: 'bad', text: failureOf(state.error) };
  if (state.is === 'away') return { tone: 'warn', text: awayText(state) };
  if (state.is !== 'live') {
    return { tone: state.is === 'reconnecting' ? 'warn' : 'neutral', text: t(`live.state_${state.is}`) };
  }
  return faces ? facesStatus(faces) : { tone: 'neutral', text: t('live.first_picture') };
}

/** Undefined while all is looked at. */
export function loadText({ fps, droppedLately, sending }: LiveFigures): string | undefined {
  const shown = formatNumber(fps, 0);
  if (droppedLately >= MANY_DROPPED || (sending?.limitedBy === 'service' && fps < FEW_FPS)) {
    return t('live.overloaded', { fps: shown });
  }
  if (sending?.limitedBy === 'network' && (fps < FEW_FPS || sending.widthPx < sending.cameraWidthPx)) {
    return t('live.slow_network', { fps: shown, width: sending.widthPx });
  }
  return undefined;
}

function facesStatus(faces: readonly NamedFace[]): Status {
  const sayings = faces.map(sayingOf);
  const names = sayings.flatMap((saying) => (saying.is === 'named' ? [saying.name] : []));
  const [doubt] = sayings.filter(({ is }) => is !== 'named');
  if (!doubt) {
    return names.length === 0
      ? { tone: 'neutral', text: t('live.no_face') }
      : { tone: 'ok', text: t('live.recognised', { names: names.join(', ') }) };
  }
  if (doubt.is === 'ambiguous') return { tone: 'warn', text: t('live.ambiguous', { one: doubt.one, other: doubt.other }) };
  if (doubt.is === 'unknown') return { tone: 'neutral', text: t('live.unknown') };
  if (doubt.is === 'named') return { tone: 'ok', text: doubt.name };
  return { tone: doubt.is === 'looking' || doubt.is === 'nobody_enrolled' ? 'neutral' : 'warn', text: t(`live.${doubt.is}`) };
}

function failureOf(error: unknown): string {
  if (error instanceof CameraError) return t(`people.camera_${error.code}`);
  if (error instanceof StreamClosedError) return t('live.taken_over');
  return failureText(error);
}

function awayText({ state, reason }: LiveState & { readonly is: 'away' }): string {
  const text = t(`live.stream_${state}`);
  return reason === null ? text : `${text} ${reason}`;
}
