import { describe, expect, test } from 'vitest';
import { evidence, faceAt, looksOf, streamTracks } from './scene.js';

/** One face for a while at 10 frames a second. @returns the times, in ms since it showed, at which it was embedded */
function asked(
  tracks: ReturnType<typeof streamTracks>,
  forMs: number,
  similar: Readonly<Record<string, number>>,
  versionAt: (ms: number) => number = () => 1,
  sizeAt: (ms: number) => number = () => 60,
): number[] {
  const times: number[] = [];
  for (let ms = 0; ms <= forMs; ms += 100) {
    const [sight] = tracks.see([faceAt(200, 200, sizeAt(ms))], 1_000_000 + ms, versionAt(ms));
    if (!sight?.embed) continue;
    times.push(ms);
    tracks.learn(sight, evidence(similar, { atMs: 1_000_000 + ms, embedding: looksOf(0), galleryVersion: versionAt(ms) }));
  }
  return times;
}

describe('a face is embedded', () => {
  test('at once, until it is decided who it is, and then at the slow refresh', () => {
    expect(asked(streamTracks(), 25_000, { ann: 0.7, bob: 0.1 })).toEqual([0, 10_000, 20_000]);
    expect(asked(streamTracks(), 9_000, { ann: 0.5, bob: 0.1 })).toEqual([0, 100]);
  });

  test('less and less often while nobody is found for it', () => {
    expect(asked(streamTracks(), 26_000, { ann: 0.1 })).toEqual([0, 100, 200, 300, 1_300, 3_300, 7_300, 15_300, 25_300]);
  });

  test('again when it can be seen better', () => {
    const closer = (ms: number): number => (ms < 3_000 ? 40 : Math.min(90, 40 + (ms - 3_000) / 50));
    expect(asked(streamTracks(), 6_000, { ann: 0.7 }, () => 1, closer)).toEqual([0, 4_000, 5_400]);
  });

  test('again when the gallery has changed', () => {
    expect(asked(streamTracks(), 6_000, { ann: 0.7 }, (ms) => (ms < 2_500 ? 1 : 2))).toEqual([0, 2_500]);
  });

  describe('while the gallery changes all the time', () => {
    const always = (ms: number): number => 1 + ms / 100;

    test('no more often than when it is still, where those who are enrolled are not like it', () => {
      const tracks = streamTracks({ facesSince: () => [{ person: 'bob', embedding: looksOf(5) }] });
      expect(asked(tracks, 9_000, { ann: 0.7 }, always)).toEqual([0]);
    });

    test('no more often for names that change and people without faces', () => {
      expect(asked(streamTracks({ facesSince: () => [] }), 9_000, { ann: 0.7 }, always)).toEqual([0]);
    });

    test('no more often for more faces of whom it is known to be', () => {
      const tracks = streamTracks({ facesSince: () => [{ person: 'ann', embedding: looksOf(0) }] });
      expect(asked(tracks, 9_000, { ann: 0.7 }, always)).toEqual([0]);
    });

    test('at once some times in a row, and then once a second, where they are like it, or people are taken away', () => {
      for (const tracks of [
        streamTracks({ facesSince: () => [{ person: 'bob', embedding: looksOf(0) }] }),
        streamTracks({ facesSince: () => null }),
      ])
        expect(asked(tracks, 3_500, { ann: 0.7 }, always)).toEqual([
          0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_100, 2_100, 3_100,
        ]);
    });
  });

  test('in the next frame after somebody like it was enrolled among many who are not', () => {
    const came = (version: number) => ({ person: `p${version}`, embedding: looksOf(version === 26 ? 0 : 5) });
    const tracks = streamTracks({ facesSince: (before) => [came(before + 1)] });
    expect(asked(tracks, 6_000, { ann: 0.1 }, (ms) => 1 + ms / 100).filter((ms) => ms >= 2_400 && ms < 3_000)).toEqual([2_500]);
  });

  test('again in the next frame where the last could not be', () => {
    const tracks = streamTracks();
    const [first] = tracks.see([faceAt(200, 200)], 1_000_000, 1);
    if (!first) throw new Error('a good face begins a track');
    tracks.abandon(first);
    expect(tracks.see([faceAt(200, 200)], 1_000_033, 1)[0]?.embed).toBe(true);
  });

  test('before two faces touch and after they have, and not while they do', () => {
    const tracks = streamTracks();
    const times: number[] = [];
    for (let ms = 0; ms <= 4_000; ms += 100) {
      const near = Math.max(0, 1 - Math.abs(ms - 1_500) / 600);
      const faces = [faceAt(200, 200), faceAt(300 - 60 * near, 200)];
      tracks.see(faces, 1_000_000 + ms, 1).forEach((sight, at) => {
        if (!sight?.embed) return;
        times.push(ms);
        tracks.learn(sight, evidence({ [at === 0 ? 'ann' : 'bob']: 0.7 }, { atMs: 1_000_000 + ms, embedding: looksOf(at) }));
      });
    }
    expect(times.slice(0, 2)).toEqual([0, 0]);
    // Boxes overlap by more than a twentieth from 1,360 to 1,640.
    expect(times.filter((ms) => ms > 0 && ms < 1_360)).toHaveLength(2);
    expect(times.filter((ms) => ms >= 1_360 && ms <= 1_640)).toEqual([]);
    expect(times.filter((ms) => ms > 1_640)).toHaveLength(4);
  });
});
