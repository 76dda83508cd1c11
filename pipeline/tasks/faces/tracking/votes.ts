// Who a track is, from all that was seen of its face: votes weighted by quality, with a margin, and slow to change its
// mind. Pure; a single frame names nobody unless it is far above the threshold, and a tie names nobody at all.
import type { Box, Candidate, FaceAttributes, NoPersonReason } from '../../../../protocol/payloads.js';
import type { FacePicture } from '../face-pictures.js';
import type { FaceMeasures } from '../face-quality.js';
import { decide } from '../gallery/decision.js';
import type { TrackingSettings } from './tracking-options.js';

/** What one embedding of a face showed. */
export interface Evidence {
  /** Time of the frame, ms. */
  readonly atMs: number;
  /** 0..1, `qualityOf(measures)`. */
  readonly quality: number;
  /** What the gate of enrolment looks at. */
  readonly measures: FaceMeasures;
  /** L2-normalised. */
  readonly embedding: Float32Array;
  /** The most similar people, best first, at least two where there are two; empty while the gallery is. */
  readonly candidates: readonly Candidate[];
  /** Of the search that found the candidates. */
  readonly galleryVersion: number;
  readonly box: Box;
  /** Where they were asked for with this face; kept with the track, not with its votes. */
  readonly attributes?: FaceAttributes;
  /** Where pictures are wanted; kept with what a track looks like, not with its votes. */
  readonly thumbnail?: FacePicture;
}

export interface Verdict {
  readonly person: Candidate | null;
  /** As the best evidence for the verdict has them; absent before there is any. */
  readonly candidates?: readonly Candidate[];
  /** Why there is no person; absent when there is one. */
  readonly reason?: NoPersonReason;
}

/** What a track is taken for, as a `result` tells it. */
export interface TrackDecision extends Verdict {
  readonly track: string;
  /** Of the track's best face so far, 0..1; 0 before any was embedded. */
  readonly quality: number;
  /** Of the best face that they were asked of; null before, absent where they are not wanted. */
  readonly attributes?: FaceAttributes | null;
}

export const NO_EVIDENCE: Verdict = { person: null, reason: 'too_few_frames' };

type Rule = Pick<
  TrackingSettings,
  'match' | 'margin' | 'areTwins' | 'voteQuality' | 'decideWeight' | 'sureLead' | 'openBand' | 'changeWeight'
>;

/** Votes for one person. */
interface Support {
  readonly id: string;
  votes: number;
  weight: number;
  /** One of them decides alone. */
  sure: boolean;
}

/**
 * @param votes oldest first
 * @param holder id of the person that the track is taken for so far: kept until good evidence overthrows it
 */
export function verdictOf(votes: readonly Evidence[], holder: string | null, rule: Rule): Verdict {
  const good = votes.filter(({ quality }) => quality >= rule.voteQuality);
  const newest = good.at(-1);
  if (newest === undefined) {
    const seen = votes.at(-1);
    return seen === undefined ? NO_EVIDENCE : { person: null, candidates: seen.candidates, reason: 'low_quality' };
  }
  const held = holder === null ? undefined : shownFor(holder, good, rule);
  if (holder !== null && held !== undefined) {
    const challenger = supports(good, rule).find(({ id }) => id !== holder && overthrows(id, holder, good, rule));
    const shown = challenger === undefined ? undefined : shownFor(challenger.id, good, rule);
    if (shown !== undefined) return shown;
    return isWithdrawn(holder, good, rule) ? nobody(good, [], rule) : held;
  }
  const ranked = supports(good, rule);
  const [best, second] = ranked;
  if (best !== undefined) {
    const enough = (best.votes >= 2 && best.weight >= rule.decideWeight) || (best.sure && second === undefined);
    const against = weightAgainst(best.id, good, newest.galleryVersion, rule);
    const shown = shownFor(best.id, good, rule);
    if (enough && best.weight > (second?.weight ?? 0) * 2 && best.weight > against && shown !== undefined) return shown;
  }
  return nobody(good, ranked, rule);
}

const personOf = (vote: Evidence, rule: Rule): Candidate | null => decide(vote.candidates, rule).person;

/** So long a second look may take; who has none by then is not named by one lucky frame. */
const IMPRESSION_MS = 500;

/**
 * What a result says while there is but one good vote since the gallery changed: the name that this one face gets by the
 * rule for single images, so that a name is on the screen at once. Events wait for the vote.
 * @param votes oldest first
 * @param atMs time of the frame that is answered: the name of one face does not last
 * @returns null where there are more votes, or the one names nobody
 */
export function firstImpression(votes: readonly Evidence[], atMs: number, rule: Rule): Verdict | null {
  const good = votes.filter(({ quality }) => quality >= rule.voteQuality);
  const newest = good.at(-1);
  if (newest === undefined || atMs - newest.atMs > IMPRESSION_MS) return null;
  const isAlone = good.every(
    (vote) => vote === newest || (vote.galleryVersion < newest.galleryVersion && personOf(vote, rule) === null),
  );
  const person = isAlone ? personOf(newest, rule) : null;
  return person === null ? null : { person, candidates: newest.candidates };
}

/** Who is voted for, most weight first. */
function supports(votes: readonly Evidence[], rule: Rule): Support[] {
  const found = new Map<string, Support>();
  for (const vote of votes) {
    const person = personOf(vote, rule);
    if (person === null) continue;
    const support = found.get(person.id) ?? { id: person.id, votes: 0, weight: 0, sure: false };
    found.set(person.id, support);
    support.votes++;
    support.weight += vote.quality;
    support.sure ||= isSure(vote, rule);
  }
  return [...found.values()].sort((a, b) => b.weight - a.weight);
}

function isSure({ candidates }: Evidence, rule: Rule): boolean {
  const [best, second] = candidates;
  if (best === undefined || best.similarity < rule.match + rule.sureLead) return false;
  return second === undefined || best.similarity - second.similarity >= rule.sureLead;
}

/** Whether a vote is evidence that the face is not this person: far below the threshold, or for somebody else. */
function isAgainst(id: string, vote: Evidence, rule: Rule): boolean {
  const named = personOf(vote, rule);
  if (named !== null) return named.id !== id;
  const similarity = vote.candidates.find((candidate) => candidate.id === id)?.similarity ?? -1;
  return similarity < rule.match - rule.openBand;
}

/** Votes for nobody that an older gallery gave are no evidence: the person may not have been in it. */
function weightAgainst(id: string, votes: readonly Evidence[], galleryVersion: number, rule: Rule): number {
  return votes
    .filter((vote) => vote.galleryVersion === galleryVersion && personOf(vote, rule) === null && isAgainst(id, vote, rule))
    .reduce((sum, { quality }) => sum + quality, 0);
}

/** Somebody else needs three good votes, and twice the holder's weight since the first of them. */
function overthrows(id: string, holder: string, votes: readonly Evidence[], rule: Rule): boolean {
  const first = votes.findIndex((vote) => personOf(vote, rule)?.id === id);
  const since = supports(votes.slice(first), rule);
  const own = since.find((support) => support.id === id);
  const held = since.find((support) => support.id === holder);
  return own !== undefined && own.votes >= 3 && own.weight >= rule.changeWeight && own.weight > 2 * (held?.weight ?? 0);
}

/** Nobody at all takes as much: three good votes against since the last one for the holder. */
function isWithdrawn(holder: string, votes: readonly Evidence[], rule: Rule): boolean {
  const last = votes.findLastIndex((vote) => personOf(vote, rule)?.id === holder);
  const against = votes.slice(last + 1).filter((vote) => isAgainst(holder, vote, rule));
  return against.length >= 3 && against.reduce((sum, { quality }) => sum + quality, 0) >= rule.changeWeight;
}

/** The verdict for a person, as the best of the votes for it shows it. */
function shownFor(id: string, votes: readonly Evidence[], rule: Rule): Verdict | undefined {
  const own = votes.filter((vote) => personOf(vote, rule)?.id === id);
  const best = own.reduce<Evidence | undefined>(
    (so, vote) => (so === undefined || vote.quality > so.quality ? vote : so),
    undefined,
  );
  const person = best === undefined ? null : personOf(best, rule);
  return best === undefined || person === null ? undefined : { person, candidates: best.candidates };
}

function nobody(votes: readonly Evidence[], ranked: readonly Support[], rule: Rule): Verdict {
  const best = votes.reduce((so, vote) => (vote.quality > so.quality ? vote : so));
  const { candidates } = best;
  const reason = decide(candidates, rule).reason;
  if (ranked.length > 1) return { person: null, candidates, reason: 'ambiguous' };
  if (reason === 'empty_gallery') return { person: null, candidates, reason };
  if (votes.length === 1 || reason === undefined) return { person: null, candidates, reason: 'too_few_frames' };
  return { person: null, candidates, reason };
}
