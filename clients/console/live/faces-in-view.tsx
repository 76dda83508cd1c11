// Who is in the picture at this moment, and why somebody has no name; with one click an unknown face gets one.
import type { NamedFace } from '../../../protocol/payloads.js';
import { Badge } from '../components/badge.js';
import { Button, LinkButton } from '../components/button.js';
import { Meter } from '../components/meter.js';
import { formatNumber, formatPercent, t } from '../i18n/i18n.js';
import { linkTo } from '../app/router.js';
import { sayingOf, shortTrack, type FaceSaying } from './face-words.js';
import type { LiveSession } from './live-session.js';

interface FacesInViewProps {
  readonly session: LiveSession;
  readonly onEnrol: (face: NamedFace) => void;
}

export function FacesInView({ session, onEnrol }: FacesInViewProps) {
  const faces = session.faces.value ?? [];
  return (
    <section class="card" aria-labelledby="live-faces">
      <h2 id="live-faces">{t('live.in_view')}</h2>
      {faces.length === 0 && <p class="muted live-nobody">{t('live.nobody')}</p>}
      <ul class="live-faces">
        {faces.map((face, index) => (
          <FaceRow key={face.track ?? index} face={face} onEnrol={() => onEnrol(face)} />
        ))}
      </ul>
    </section>
  );
}

function FaceRow({ face, onEnrol }: { readonly face: NamedFace; readonly onEnrol: () => void }) {
  const saying = sayingOf(face);
  return (
    <li class="live-face">
      <div class="live-face-about">
        <span class="row">
          <strong class="truncate">{saying.is === 'named' ? saying.name : t('live.unknown_face')}</strong>
          {face.track !== null && <Badge title={t('live.track', { track: face.track })}>#{shortTrack(face.track)}</Badge>}
        </span>
        <span class="muted">{whyText(saying)}</span>
        <Meter
          label={t('live.quality')}
          value={face.quality}
          text={formatPercent(face.quality)}
          tone={face.quality < 0.35 ? 'warn' : 'ok'}
        />
      </div>
      {face.person ? (
        <LinkButton
          kind="quiet"
          icon="next"
          label={t('live.open_person', { name: face.person.name })}
          href={linkTo('people', [face.person.id])}
        />
      ) : (
        face.track !== null && (
          <Button icon="add" onClick={onEnrol}>
            {t('live.enrol')}
          </Button>
        )
      )}
    </li>
  );
}

function whyText(saying: FaceSaying): string {
  switch (saying.is) {
    case 'named':
      return t('live.similarity', { similarity: formatNumber(saying.similarity) });
    case 'ambiguous':
      return t('live.ambiguous', { one: saying.one, other: saying.other });
    case 'unknown':
      return saying.nearest === undefined || saying.similarity === undefined
        ? t('live.unknown')
        : t('live.nearest', { name: saying.nearest, similarity: formatNumber(saying.similarity) });
    default:
      return t(`live.${saying.is}`);
  }
}
