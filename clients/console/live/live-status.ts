// What is happening, in one plain sentence: the first thing that stands in the way, or who is in view.
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

/** Fewer answered frames a second than this are told of, where it is the service that grants no more. */
const FEW_FPS = 6;
/** So many dropped frames in two seconds are no accident. */
const MANY_DROPPED = 3;

export function statusOf(state: LiveState, faces: readonly NamedFace[] | undefined, figures: LiveFigures): Status {
  if (state.is === 'failed') return { tone: 'bad', text: failureOf(state.error) };
  if (state.is === 'away') return { tone: 'warn', text: awayText(state) };
  if (state.is !== 'live') {
    return { tone: state.is === 'reconnecting' ? 'warn' : 'neutral', text: t(`live.state_${state.is}`) };
  }
  if (!faces) return { tone: 'neutral', text: t('live.state_opening') };
  const load = loadOf(figures);
  if (load) return load;
  return facesStatus(faces);
}

function loadOf({ fps, droppedLately, sending }: LiveFigures): Status | undefined {
  const shown = formatNumber(fps, 1);
  if (droppedLately >= MANY_DROPPED || (sending?.limitedBy === 'service' && fps < FEW_FPS)) {
    return { tone: 'warn', text: t('live.overloaded', { fps: shown }) };
  }
  if (sending?.limitedBy === 'network')
    return { tone: 'warn', text: t('live.slow_network', { fps: shown, width: sending.widthPx }) };
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
