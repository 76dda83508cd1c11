// What is happening, in plain sentences: what stands in the way, or who is in view; and whether less is looked at than
// could be, and whose fault that is.
import { CameraError } from '../../browser/camera-error.js';
import { ServerError, StreamClosedError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { formatNumber, formatPercent, isolated, t } from '../i18n/i18n.js';
import { sourceReason } from '../streams/source-reason.js';
import { sayingOf } from './face-words.js';
import type { LiveFace } from './live-face.js';
import { countedLabels, type LiveClasses, type LiveMark, type LiveResult } from './live-result.js';
import type { LiveFigures, LiveState } from './live-source.js';

export interface Status {
  readonly tone: 'neutral' | 'ok' | 'warn' | 'bad';
  readonly text: string;
}

/** Fewer answered frames a second than this are told of. */
const FEW_FPS = 15;
/** So many dropped frames in two seconds are no accident. */
const MANY_DROPPED = 3;

export function statusOf(state: LiveState, found: LiveResult | undefined): Status {
  if (state.is === 'failed') return { tone: 'bad', text: failureOf(state.error) };
  if (state.is === 'away') return { tone: 'warn', text: awayText(state) };
  if (state.is !== 'live') {
    return { tone: state.is === 'reconnecting' ? 'warn' : 'neutral', text: t(`live.state_${state.is}`) };
  }
  if (!found) return { tone: 'neutral', text: t('live.first_picture') };
  if (found.of === 'objects') return objectStatus(found.marks);
  return found.shows ? classStatus(found.shows) : facesStatus(found.faces);
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

function objectStatus(marks: readonly LiveMark[]): Status {
  const objects = countedLabels(marks).map(([label, count]) => (count === 1 ? isolated(label) : `${count} × ${isolated(label)}`));
  if (objects.length === 0) return { tone: 'neutral', text: t('live.no_object') };
  return { tone: 'ok', text: t('live.objects', { objects: objects.join(', ') }) };
}

function classStatus({ classes: [best], accepted }: LiveClasses): Status {
  if (accepted !== null) return { tone: 'ok', text: t('live.shows', { label: isolated(accepted) }) };
  if (!best) return { tone: 'neutral', text: t('live.shows_nothing') };
  return { tone: 'neutral', text: t('live.shows_perhaps', { label: isolated(best.label), score: formatPercent(best.score) }) };
}

/** Whoever is named is told, whatever else is in view; of the others the nearest one, whom what is said is for. */
function facesStatus(faces: readonly LiveFace[]): Status {
  const sayings = [...faces].sort(byNearness).map(sayingOf);
  const names = new Set(sayings.flatMap((saying) => (saying.is === 'named' ? [saying.name] : [])));
  const unknown = sayings.filter(({ is }) => is === 'unknown' || is === 'ambiguous').length;
  const [nearest] = sayings;
  if (!nearest) return { tone: 'neutral', text: t('live.no_face') };
  if (names.size > 0 || nearest.is === 'named') {
    const recognised = t('live.recognised', { names: [...names].map(isolated).join(', ') });
    return { tone: 'ok', text: unknown === 0 ? recognised : `${recognised} · ${t('live.count_unknown', { count: unknown })}` };
  }
  switch (nearest.is) {
    case 'ambiguous':
      return { tone: 'warn', text: t('live.ambiguous', { one: nearest.one, other: nearest.other }) };
    case 'found':
      return { tone: 'ok', text: t('live.count_found', { count: faces.length }) };
    case 'unknown':
    case 'looking':
    case 'nobody_enrolled':
      return { tone: 'neutral', text: t(`live.${nearest.is}`) };
    default:
      return { tone: 'warn', text: t(`live.${nearest.is}`) };
  }
}

const byNearness = ({ box: one }: LiveFace, { box: other }: LiveFace): number => other[2] * other[3] - one[2] * one[3];

function failureOf(error: unknown): string {
  if (error instanceof CameraError) return t(`people.camera_${error.code}`);
  if (error instanceof StreamClosedError) return t('live.taken_over');
  if (error instanceof ServerError && error.code === 'NOT_FOUND') return t('live.no_such_stream');
  return failureText(error);
}

function awayText({ state, reason }: LiveState & { readonly is: 'away' }): string {
  if (reason === null) return t(`live.stream_${state}`);
  const { text } = sourceReason(reason);
  // Nobody has switched off what is not watched for a reason: it came to its end.
  return state === 'disabled' ? text : `${t(`live.stream_${state}`)} ${text}`;
}
