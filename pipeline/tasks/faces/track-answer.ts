// The account of a track as HTTP tells it: today's names, nobody who is gone, and no embedding.
import { OnlookerError } from '../../../protocol/errors.js';
import type { Candidate } from '../../../protocol/payloads.js';
import type { TrackAnswer, TrackFace, TrackLook, TrackVote } from '../../../protocol/tracks.js';
import { assertEnrollable, type QualityGate } from './face-quality.js';
import { decide } from './gallery/decision.js';
import type { TrackAccount } from './tracking/track-account.js';
import type { Evidence } from './tracking/votes.js';
import { unixMsOf } from '../../events/unix-time.js';

/** @param nameOf today's name of a person; undefined for who is gone */
export function trackAnswer(account: TrackAccount, gate: QualityGate, nameOf: (id: string) => string | undefined): TrackAnswer {
  const { decision, rule } = account;
  // Pictures of somebody who was deleted a moment ago.
  const isForgotten = decision.person !== null && nameOf(decision.person.id) === undefined;
  const thumbnail = isForgotten ? null : account.thumbnail;
  const today = (candidate: Candidate): Candidate[] => {
    const name = nameOf(candidate.id);
    return name === undefined ? [] : [{ ...candidate, name }];
  };
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
    candidates: candidates.flatMap(today),
  });
  const vote = (evidence: Evidence): TrackVote => {
    const person = decide(evidence.candidates.flatMap(today), rule).person;
    return {
      ...look(evidence),
      person: person === null ? null : { id: person.id, name: person.name },
      counts: evidence.quality >= rule.voteQuality,
    };
  };
  const face = (evidence: Evidence): TrackFace => ({
    ...look(evidence),
    refused: refusalOf(evidence, gate),
    ...(evidence.thumbnail && !isForgotten && { picture: evidence.thumbnail }),
  });
  return {
    track: account.track,
    stream: account.stream,
    state: account.state,
    first_ts: unixMsOf(account.firstMs),
    last_ts: unixMsOf(account.lastMs),
    frames: account.frames,
    person: decision.person === null ? null : (today(decision.person)[0] ?? null),
    ...(decision.reason && { reason: decision.reason }),
    candidates: (decision.candidates ?? []).flatMap(today),
    threshold: rule.match,
    margin: rule.margin,
    least_quality: rule.voteQuality,
    model: account.model,
    quality: decision.quality,
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
