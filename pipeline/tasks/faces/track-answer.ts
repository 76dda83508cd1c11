// The account of a track as HTTP tells it: today's names, nobody who is gone, and no embedding.
import { OnlookerError } from '../../../protocol/errors.js';
import type { TrackAnswer, TrackFace, TrackLook, TrackVote } from '../../../protocol/tracks.js';
import { assertEnrollable, type QualityGate } from './face-quality.js';
import { decide } from './gallery/decision.js';
import { todaysCandidates, todaysPerson, type NameOf } from './todays-names.js';
import type { TrackAccount } from './tracking/track-account.js';
import type { Evidence } from './tracking/votes.js';
import { unixMsOf } from '../../events/unix-time.js';

/** Resolves when all pictures of a track are there that will be. */
export async function picturesOf({ faces, thumbnail }: TrackAccount): Promise<void> {
  await Promise.all([thumbnail?.settled, ...faces.map((face) => face.thumbnail?.settled)]);
}

export function trackAnswer(account: TrackAccount, gate: QualityGate, nameOf: NameOf): TrackAnswer {
  const { decision, rule } = account;
  // Pictures of somebody who was deleted a moment ago.
  const isForgotten = decision.person !== null && nameOf(decision.person.id) === undefined;
  const thumbnail = isForgotten ? null : account.thumbnail?.jpeg;
  const look = ({ atMs, quality, measures, box, candidates }: Evidence): TrackLook => ({
    ts: unixMsOf(atMs),
    quality,
    measures: {
      size_px: tenths(measures.sizePx),
      sharpness: tenths(measures.sharpness),
      yaw_degrees: tenths(measures.yawDegrees),
      pitch_degrees: tenths(measures.pitchDegrees),
      score: measures.score,
    },
    box,
    candidates: todaysCandidates(candidates, nameOf),
  });
  const vote = (evidence: Evidence): TrackVote => {
    const person = decide(todaysCandidates(evidence.candidates, nameOf), rule).person;
    return {
      ...look(evidence),
      person: person === null ? null : { id: person.id, name: person.name },
      counts: evidence.quality >= rule.voteQuality,
    };
  };
  const face = (evidence: Evidence): TrackFace => ({
    ...look(evidence),
    refused: refusalOf(evidence, gate),
    ...(evidence.thumbnail?.jpeg && !isForgotten && { picture: evidence.thumbnail.jpeg }),
  });
  return {
    track: account.track,
    stream: account.stream,
    state: account.state,
    first_ts: unixMsOf(account.firstMs),
    last_ts: unixMsOf(account.lastMs),
    frames: account.frames,
    person: todaysPerson(decision.person, nameOf),
    ...(decision.reason && { reason: decision.reason }),
    candidates: todaysCandidates(decision.candidates ?? [], nameOf),
    threshold: rule.match,
    margin: rule.margin,
    least_quality: rule.voteQuality,
    model: account.model,
    quality: decision.quality,
    ...(decision.attributes === undefined ? {} : { attributes: decision.attributes }),
    ...(thumbnail && { thumbnail }),
    faces: account.faces.map(face),
    votes: account.votes.map(vote),
  };
}

function refusalOf({ measures }: Evidence, gate: QualityGate): TrackFace['refused'] {
  try {
    assertEnrollable(measures, gate);
    return null;
  } catch (error) {
    if (!(error instanceof OnlookerError)) throw error;
    const { measure, value, limit } = error.details ?? {};
    return { measure: String(measure), value: Number(value), limit: Number(limit) };
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
