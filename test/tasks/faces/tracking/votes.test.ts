import { describe, expect, test } from 'vitest';
import { firstImpression, verdictOf } from '../../../../pipeline/tasks/faces/tracking/votes.js';
import { evidence, settings } from './scene.js';

const rule = settings();
const ann = evidence({ ann: 0.52, bob: 0.1 });
const bob = evidence({ bob: 0.52, ann: 0.1 });
const nobody = evidence({ ann: 0.12, bob: 0.1 });

describe('who a track is', () => {
  test('is nobody before anything was seen of it', () => {
    expect(verdictOf([], null, rule)).toEqual({ person: null, reason: 'too_few_frames' });
  });

  test('takes two votes, or one that is far above the threshold and far ahead', () => {
    expect(verdictOf([ann], null, rule)).toMatchObject({ person: null, reason: 'too_few_frames' });
    expect(verdictOf([ann, ann], null, rule).person).toMatchObject({ id: 'ann', similarity: 0.52 });
    expect(verdictOf([evidence({ ann: 0.7, bob: 0.2 })], null, rule).person?.id).toBe('ann');
    expect(verdictOf([evidence({ ann: 0.7, bob: 0.6 })], null, rule).person).toBeNull();
  });

  test('is not decided by faces that are too poor to judge', () => {
    const poor = evidence({ ann: 0.9 }, { quality: 0.2 });
    expect(verdictOf([poor, poor, poor], null, rule)).toMatchObject({ person: null, reason: 'low_quality' });
    const weak = evidence({ ann: 0.45 }, { quality: 0.35 });
    expect(verdictOf([weak, weak], null, rule).person).toBeNull();
    expect(verdictOf([weak, weak, weak], null, rule).person?.id).toBe('ann');
  });

  test('is nobody while two people have votes that are near each other', () => {
    expect(verdictOf([ann, ann, bob, bob], null, rule)).toMatchObject({ person: null, reason: 'ambiguous' });
    expect(verdictOf([ann, ann, ann, bob, bob], null, rule)).toMatchObject({ person: null, reason: 'ambiguous' });
    expect(verdictOf([ann, ann, ann, bob], null, rule).person?.id).toBe('ann');
  });

  test('is nobody where each frame leaves two people within the margin', () => {
    const twins = evidence({ ann: 0.7, bob: 0.68 });
    expect(verdictOf([twins, twins, twins], null, rule)).toMatchObject({ person: null, reason: 'ambiguous' });
  });

  test('is nobody when one lucky frame stands against many that say no', () => {
    const lucky = evidence({ ann: 0.65 });
    expect(verdictOf([nobody, nobody, lucky, nobody], null, rule).person).toBeNull();
    expect(verdictOf([nobody, nobody, nobody], null, rule)).toMatchObject({ person: null, reason: 'below_threshold' });
  });

  test('is not held back by what was seen before the person was enrolled', () => {
    const before = [nobody, nobody, nobody, nobody].map((vote) => ({ ...vote, galleryVersion: 0 }));
    expect(verdictOf([...before, ann, ann], null, rule).person?.id).toBe('ann');
  });
});

describe('a decision', () => {
  test('stands against a lucky frame for somebody else, and a turned head', () => {
    expect(verdictOf([ann, ann, bob, nobody], 'ann', rule).person?.id).toBe('ann');
    expect(verdictOf([ann, ann, bob, bob], 'ann', rule).person?.id).toBe('ann');
  });

  test('changes when somebody else has three good votes and twice the weight since', () => {
    expect(verdictOf([ann, ann, bob, bob, bob], 'ann', rule).person?.id).toBe('bob');
    expect(verdictOf([ann, ann, bob, ann, bob, ann, bob], 'ann', rule).person?.id).toBe('ann');
  });

  test('is withdrawn when three good votes in turn speak against it', () => {
    expect(verdictOf([ann, ann, nobody, nobody], 'ann', rule).person?.id).toBe('ann');
    expect(verdictOf([ann, ann, nobody, nobody, nobody], 'ann', rule).person).toBeNull();
  });

  test('outlives votes that are only just below the threshold', () => {
    const near = evidence({ ann: 0.36 });
    expect(verdictOf([ann, ann, near, near, near, near], 'ann', rule).person?.id).toBe('ann');
  });
});

describe('the first impression', () => {
  const once = evidence({ ann: 0.52, bob: 0.1 }, { atMs: 1000 });

  test('names a face by itself, and not for long', () => {
    expect(firstImpression([once], 1000, rule)?.person?.id).toBe('ann');
    expect(firstImpression([once], 1400, rule)?.person?.id).toBe('ann');
    expect(firstImpression([once], 1600, rule)).toBeNull();
  });

  test('gives way to a second look, unless the gallery has changed since the first and that named nobody', () => {
    const later = evidence({ ann: 0.52, bob: 0.1 }, { atMs: 1200, galleryVersion: 2 });
    const unknown = evidence({ ann: 0.12 }, { atMs: 1000, galleryVersion: 1 });
    expect(firstImpression([once, later], 1200, rule)).toBeNull();
    expect(firstImpression([unknown, later], 1200, rule)?.person?.id).toBe('ann');
  });
});
