// The pairs that a search for look-alikes found, as HTTP tells them: people as they are by now, and nobody's declared twin.
import type { LookalikesAnswer } from '../../../../protocol/people.js';
import type { Gallery } from './gallery.js';
import type { VersionedLookalikes } from './lookalikes.js';

export function lookalikesAnswer(
  { pairs, isComplete, galleryVersion }: VersionedLookalikes,
  gallery: Gallery,
  level: number,
  limit: number,
): LookalikesAnswer {
  const told = pairs.flatMap(({ a, b, similarity }) => {
    const [one, other] = [a, b].map((owner) => gallery.person(gallery.owner(owner)?.id ?? ''));
    const isPair = one !== undefined && other !== undefined && !gallery.twins.areTwins(one.id, other.id);
    return isPair ? [{ people: [one, other] as const, similarity }] : [];
  });
  return { pairs: told.slice(0, limit), level, complete: isComplete, gallery_version: galleryVersion };
}
