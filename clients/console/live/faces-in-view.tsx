// Who is in the picture at this moment, and why somebody has no name; with one click an unknown face gets one.
import { Badge } from '../components/badge.js';
import { Button, LinkButton } from '../components/button.js';
import { Meter } from '../components/meter.js';
import { formatPercent, formatSimilarity, t } from '../i18n/i18n.js';
import { linkTo } from '../app/router.js';
import { can } from '../app/session.js';
import { POOR_QUALITY, sayingOf, shortTrack, type FaceSaying } from './face-words.js';
import type { LiveFace } from './live-face.js';
import type { LiveSession } from './live-session.js';

interface FacesInViewProps {
  readonly session: LiveSession;
  /** Absent for somebody who may not. */
  readonly onEnrol: ((face: LiveFace) => void) | undefined;
}

export function FacesInView({ session, onEnrol }: FacesInViewProps) {
  const faces = session.found.value?.faces ?? [];
  return (
    <section class="card" aria-labelledby="live-faces">
      <h2 id="live-faces">{t('live.in_view')}</h2>
      {faces.length === 0 && <p class="muted live-nobody">{t('live.nobody')}</p>}
      <ul class="live-faces">
        {faces.map((face, index) => (
          <FaceRow key={face.track ?? index} face={face} onEnrol={onEnrol && (() => onEnrol(face))} />
        ))}
      </ul>
    </section>
  );
}

function FaceRow({ face, onEnrol }: { readonly face: LiveFace; readonly onEnrol: (() => void) | undefined }) {
  const saying = sayingOf(face);
  return (
    <li class="live-face">
      <div class="live-face-about">
        <span class="row">
          <strong class="truncate">{titleOf(saying)}</strong>
          {face.track !== null && <Badge title={t('live.track', { track: face.track })}>#{shortTrack(face.track)}</Badge>}
        </span>
        <span class="muted">{whyText(saying)}</span>
        {face.quality !== undefined && <Quality quality={face.quality} />}
      </div>
      {face.person
        ? can('view') && (
            <LinkButton
              kind="quiet"
              icon="next"
              label={t('live.open_person', { name: face.person.name })}
              href={linkTo('people', [face.person.id])}
            />
          )
        : onEnrol &&
          face.track !== null && (
            <Button icon="add" label={t('live.enrol_track', { track: shortTrack(face.track) })} onClick={onEnrol}>
              {t('live.enrol')}
            </Button>
          )}
    </li>
  );
}

/** The word is there for the eye: what the bar is called it says itself to who hears the page. */
function Quality({ quality }: { readonly quality: number }) {
  return (
    <span class="live-quality">
      <span class="muted" aria-hidden="true">
        {t('live.quality')}
      </span>
      <Meter
        label={t('live.quality')}
        value={quality}
        text={formatPercent(quality)}
        tone={quality < POOR_QUALITY ? 'warn' : 'ok'}
      />
    </span>
  );
}

function titleOf(saying: FaceSaying): string {
  if (saying.is === 'named') return saying.name;
  return t(saying.is === 'found' ? 'live.label_found' : 'live.unknown_face');
}

function whyText(saying: FaceSaying): string {
  switch (saying.is) {
    case 'named':
      return t('live.similarity', { similarity: formatSimilarity(saying.similarity) });
    case 'ambiguous':
      return t('live.ambiguous', { one: saying.one, other: saying.other });
    case 'unknown':
      return saying.nearest === undefined || saying.similarity === undefined
        ? t('live.unknown')
        : t('live.nearest', { name: saying.nearest, similarity: formatSimilarity(saying.similarity) });
    default:
      return t(`live.${saying.is}`);
  }
}
