// Whether following faces decides as judging every frame by itself does: the same frames of the same films, seen in both ways.
import type { MatchedResult } from './watch.js';

export interface Agreement {
  /** Frames of the films that were answered in both ways, with one face in each. */
  readonly compared: number;
  /** Parts of them. */
  readonly same: number;
  readonly namedFollowed: number;
  readonly namedEachFrame: number;
  /** Two different names. */
  readonly contradicting: number;
}

type Results = ReadonlyMap<string, readonly MatchedResult[]>;

/** @param filmFrames length of every film @param filmOf a camera's film */
export function agreementOf(
  followed: Results,
  eachFrame: Results,
  filmFrames: number,
  filmOf: (camera: string) => string,
): Agreement {
  const decided = new Map<string, string | null>();
  for (const [place, name] of decisionsOf(eachFrame, filmFrames, filmOf)) decided.set(place, name);
  const pairs = decisionsOf(followed, filmFrames, filmOf).flatMap(([place, name]) => {
    const other = decided.get(place);
    return other === undefined ? [] : [{ name, other }];
  });
  const part = (is: (pair: { name: string | null; other: string | null }) => boolean): number =>
    pairs.filter(is).length / pairs.length;
  return {
    compared: pairs.length,
    same: part(({ name, other }) => name === other),
    namedFollowed: part(({ name }) => name !== null),
    namedEachFrame: part(({ other }) => other !== null),
    contradicting: part(({ name, other }) => name !== null && other !== null && name !== other),
  };
}

function decisionsOf(results: Results, filmFrames: number, filmOf: (camera: string) => string): [string, string | null][] {
  return [...results].flatMap(([camera, ofCamera]) =>
    ofCamera.flatMap(({ frame, faces, named }): [string, string | null][] =>
      frame === null || faces !== 1 ? [] : [[`${filmOf(camera)} ${frame % filmFrames}`, named[0] ?? null]],
    ),
  );
}
