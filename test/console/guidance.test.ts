// What somebody in front of the camera is told, from the answers of the service alone.
import { describe, expect, test } from 'vitest';
import {
  adviceOn,
  heldUp,
  poseOf,
  type HeldUp,
  type Light,
  type Look,
  type Pose,
} from '../../clients/console/people/guidance.js';
import type { FivePoints, NamedFace } from '../../protocol/payloads.js';

/** A face of 200 px in the middle of a frame of 640 x 480. @param nose how far its tip is from the middle, in px to the image's right */
function face({ nose = 0, noseDown = 0, box = [220, 120, 200, 240], quality = 0.9 }: Partial<Shape> = {}): NamedFace {
  const landmarks: FivePoints = [
    [285, 220],
    [355, 220],
    [320 + nose, 260 + noseDown],
    [295, 300],
    [345, 300],
  ];
  return { box, score: 0.95, landmarks, quality, track: null, person: null };
}
interface Shape {
  readonly nose: number;
  readonly noseDown: number;
  readonly box: NamedFace['box'];
  readonly quality: number;
}

const LIT: Light = { face: 120, picture: 120 };
const NIGHT: Light = { face: 30, picture: 25 };
const SNOW: Light = { face: 240, picture: 235 };

function advice(faces: readonly NamedFace[], pose: Pose = 'front', light: Light | undefined = LIT): string {
  const look: Look = { faces, widthPx: 640, heightPx: 480, light };
  return adviceOn(look, pose);
}

describe('guidance', () => {
  test('says what is wrong with the picture, the most important first', () => {
    expect(advice([])).toBe('no_face');
    expect(advice([face(), face()])).toBe('several');
    expect(advice([face({ box: [290, 210, 60, 70] })])).toBe('closer');
    expect(advice([face({ box: [100, 0, 440, 479] })])).toBe('back');
    expect(advice([face({ box: [0, 120, 200, 240] })])).toBe('centre');
    expect(advice([face({ quality: 0.4 })], 'front', NIGHT)).toBe('light');
    expect(advice([face({ quality: 0.4 })], 'front', SNOW)).toBe('glare');
    expect(advice([face({ noseDown: 30 })])).toBe('level');
    expect(advice([face({ quality: 0.1 })])).toBe('still');
    expect(advice([face()])).toBe('good');
  });

  test('a face is not called too dark or too pale for what it is: the picture around it and the quality count', () => {
    expect(advice([face({ quality: 0.4 })], 'front', { face: 40, picture: 110 })).toBe('good');
    expect(advice([face({ quality: 0.4 })], 'front', { face: 235, picture: 110 })).toBe('good');
    expect(advice([face({ quality: 0.6 })], 'front', NIGHT)).toBe('good');
    expect(advice([face({ quality: 0.6 })], 'front', SNOW)).toBe('good');
  });

  test('advice that cannot be followed stands in nobody’s way for ever', () => {
    let held: HeldUp | undefined;
    for (const nowMs of [0, 1_000, 3_900]) held = heldUp(held, 'light', nowMs);
    expect(held?.isLong).toBe(false);
    held = heldUp(held, 'still', 4_000);
    expect(held?.isLong).toBe(true);
    // Who is not there, or not alone, is never taken.
    for (const advice of ['no_face', 'several', 'closer', 'turn_left', 'good'] as const) {
      expect(heldUp(held, advice, 9_000)).toBeUndefined();
    }
  });

  test('where the light was not measured it is not complained of', () => {
    expect(adviceOn({ faces: [face()], widthPx: 640, heightPx: 480, light: undefined }, 'front')).toBe('good');
  });

  test("asks for a turn to the person's own side, and not too far", () => {
    // Who turns to their left moves the nose to the right of an image that is not mirrored.
    expect(advice([face({ nose: 16 })], 'front')).toBe('straight');
    expect(advice([face()], 'left')).toBe('turn_left');
    expect(advice([face({ nose: 16 })], 'left')).toBe('good');
    expect(advice([face({ nose: -16 })], 'left')).toBe('turn_left');
    expect(advice([face()], 'right')).toBe('turn_right');
    expect(advice([face({ nose: -16 })], 'right')).toBe('good');
    expect(advice([face({ nose: 34 })], 'left')).toBe('turn_less');
  });

  test('a tilted head is not taken for a turned one', () => {
    const radians = 0.3;
    const turned = face().landmarks.map(([x, y]) => [
      320 + (x - 320) * Math.cos(radians) - (y - 260) * Math.sin(radians),
      260 + (x - 320) * Math.sin(radians) + (y - 260) * Math.cos(radians),
    ]) as unknown as FivePoints;
    expect(Math.abs(poseOf(turned).yawDegrees)).toBeLessThan(1);
  });
});
