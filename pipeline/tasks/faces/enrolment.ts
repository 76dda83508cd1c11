// Enrolling faces: good enough, and nobody else's. From one image, which must show exactly one face, or from what was seen
// of a track.
import { createHash } from 'node:crypto';
import { OnlookerError, toOnlookerError } from '../../../protocol/errors.js';
import type { Candidate } from '../../../protocol/payloads.js';
import type { FaceRecord } from '../../../protocol/people.js';
import { candidatesOf } from './answers.js';
import { boxOf } from '../../geometry/box.js';
import { withoutWhatIsBeside } from './nested-faces.js';
import { cutFace, type FaceCut } from './face-picture.js';
import { assertEnrollable, qualityOf, type FaceMeasures, type QualityGate } from './face-quality.js';
import type { FrameView } from '../../images/frame-view.js';
import type { ChosenFace, Faces, FrameGuide } from './face-job.js';
import type { FoundFace } from './face-items.js';
import type { Gallery, NewFace } from './gallery/gallery.js';
import { matchesSomebodyElse } from './gallery/somebody-else.js';
import type { Evidence } from './tracking/votes.js';

/** What a face must be to be enrolled. */
export interface EnrolmentRule {
  readonly gate: QualityGate;
  /** Cosine from which a face counts as somebody's. */
  readonly match: number;
  /** Ids of people who resemble the person and are said to be others. */
  readonly twinOf: readonly string[];
}

/** Wants to know all of every face, and cuts the only one out while its pixels are there. */
export class EnrolmentGuide implements FrameGuide {
  readonly mayCarry = false;
  #cut: FaceCut | undefined;

  /** @param detectionScore least score of a face */
  constructor(
    private readonly detectionScore: number,
    private readonly wantsPicture: boolean,
  ) {}

  carry(): Promise<null> {
    return Promise.resolve(null);
  }

  choose(faces: readonly FoundFace[]): Promise<readonly ChosenFace[]> {
    const found = withoutWhatIsBeside(faces.filter(({ score }) => score >= this.detectionScore));
    return Promise.resolve(found.map((face) => ({ face, want: 'all' })));
  }

  described([only, ...others]: Faces, view: FrameView): void {
    if (this.wantsPicture && only !== undefined && others.length === 0) this.#cut = cutFace(view, only.face);
  }

  /** JPEG of the face; undefined where none is wanted, or there is not exactly one. */
  async picture(): Promise<Uint8Array | undefined> {
    return this.#cut?.toJpeg();
  }
}

/**
 * Adds the one face of a worked frame to a person.
 * @param faces chosen by an `EnrolmentGuide`
 * @throws OnlookerError NO_FACE, SEVERAL_FACES, LOW_QUALITY, CONFLICT, NOT_FOUND
 */
export async function enrolFace(
  gallery: Gallery,
  personId: string,
  faces: Faces,
  { sha256, guide }: { readonly sha256: string; readonly guide: EnrolmentGuide },
  rule: EnrolmentRule,
): Promise<{ readonly face: FaceRecord; readonly created: boolean }> {
  const [found, ...others] = faces;
  if (found === undefined) throw new OnlookerError('NO_FACE', 'No face was found in the image.');
  if (others.length > 0) {
    throw new OnlookerError('SEVERAL_FACES', `${faces.length} faces were found; an image to enrol shows one.`, {
      faces: faces.length,
    });
  }
  const { face, answer } = found;
  const { measures, embedding, galleryVersion = 0 } = answer;
  if (measures === undefined || embedding === undefined) throw new OnlookerError('INTERNAL');
  const seen = { measures, candidates: candidatesOf(answer, gallery), galleryVersion };
  const searched = assertAdmissible(gallery, personId, seen, rule);
  return gallery.addFace(personId, {
    embedding,
    quality: qualityOf(measures),
    box: boxOf(face),
    imageSha256: sha256,
    picture: await guide.picture(),
    searched,
    twinOf: rule.twinOf,
  });
}

/** Enough to know somebody from several sides; more of one visit would be the same again. */
const MOST_SEEN_FACES = 3;

/**
 * Adds the best faces that were seen of a track to a person.
 * @param seen best first
 * @returns those that were added, or were there already: at least one
 * @throws OnlookerError what kept the best of them out: LOW_QUALITY, CONFLICT, NOT_FOUND
 */
export async function enrolSeen(
  gallery: Gallery,
  personId: string,
  seen: readonly Evidence[],
  rule: EnrolmentRule,
): Promise<readonly FaceRecord[]> {
  let refusal: OnlookerError | undefined;
  const added: FaceRecord[] = [];
  for (const evidence of seen) {
    if (added.length === MOST_SEEN_FACES) break;
    const { embedding, quality, box, thumbnail } = evidence;
    await thumbnail?.settled;
    const picture = thumbnail?.jpeg ?? undefined;
    // There is no image any more; the embedding stands for it, so that the same face is not enrolled twice.
    const imageSha256 = createHash('sha256').update(embedding).digest('hex');
    try {
      const searched = assertAdmissible(gallery, personId, evidence, rule);
      const { twinOf } = rule;
      added.push((await gallery.addFace(personId, { embedding, quality, box, imageSha256, picture, searched, twinOf })).face);
    } catch (error) {
      refusal ??= toOnlookerError(error);
    }
  }
  if (added.length > 0) return added;
  throw refusal ?? new OnlookerError('LOW_QUALITY', 'No face of this track was good enough to look at.');
}

/**
 * @param seen what was measured of the face, and whom a search found
 * @returns what the search looked at, for the commit to go on from
 * @throws OnlookerError LOW_QUALITY, CONFLICT when somebody else is the more similar person
 */
function assertAdmissible(
  gallery: Gallery,
  personId: string,
  seen: { readonly measures: FaceMeasures; readonly candidates: readonly Candidate[]; readonly galleryVersion: number },
  { gate, match, twinOf }: EnrolmentRule,
): NonNullable<NewFace['searched']> {
  assertEnrollable(seen.measures, gate);
  const own = seen.candidates.find(({ id }) => id === personId)?.similarity ?? -1;
  const other = seen.candidates.find(
    ({ id }) => id !== personId && !twinOf.includes(id) && !gallery.twins.areTwins(personId, id),
  );
  if (other !== undefined && other.similarity >= match && other.similarity > own)
    throw matchesSomebodyElse(other.id, other.similarity);
  return { galleryVersion: seen.galleryVersion, match, own };
}
