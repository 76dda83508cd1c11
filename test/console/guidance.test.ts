// What somebody in front of the camera is told, from the answers of the service alone.
import { describe, expect, test } from 'vitest';
import { adviceOn, poseOf, type Look, type Pose } from '../../clients/console/people/guidance.js';
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

function advice(faces: readonly NamedFace[], pose: Pose = 'front', light: number | undefined = 120): string {
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
    expect(advice([face()], 'front', 30)).toBe('light');
    expect(advice([face()], 'front', 240)).toBe('glare');
    expect(advice([face({ noseDown: 30 })])).toBe('level');
    expect(advice([face({ quality: 0.1 })])).toBe('still');
    expect(advice([face()])).toBe('good');
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
