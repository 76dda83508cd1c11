// Labels of faces in the live picture: short enough for it, and none upon another.
import { describe, expect, test } from 'vitest';
import { fitted, freeOf, placesOf, type Area } from '../../clients/console/live/label.js';

describe('a name', () => {
  const widthOf = (text: string): number => 10 * Array.from(text).length;

  test('stays whole where there is room, and is cut where there is none', () => {
    expect(fitted('Ada', 30, widthOf)).toBe('Ada');
    expect(fitted('Ada Lovelace', 60, widthOf)).toBe('Ada L…');
    expect(fitted('Ada Lovelace', 50, widthOf)).toBe('Ada…');
    expect(fitted('👩‍🚀👩‍🚀👩‍🚀'.repeat(20), 100, widthOf).length).toBeLessThan(30);
  });

  test('leaves room for what stands beside it, and goes altogether where there is but that', () => {
    expect(fitted('Ada Lovelace', 100, (text) => widthOf(`${text} 0.52 #abcd`))).toBe('…');
    expect(fitted('Ada Lovelace', 150, (text) => widthOf(`${text} 0.52 #abcd`))).toBe('Ada…');
  });
});

describe('a label', () => {
  const canvas = { width: 640, height: 480 };
  const size = { width: 120, height: 24 };
  const place = (face: Area, ...taken: readonly Area[]): Area | undefined => freeOf(placesOf(size, face, canvas), taken);

  test('is above its face, below it at the upper edge, and never beyond the picture', () => {
    expect(place([100, 100, 80, 100])).toEqual([100, 76, 120, 24]);
    expect(place([100, 10, 80, 100])).toEqual([100, 110, 120, 24]);
    expect(place([600, 100, 40, 50])).toEqual([520, 76, 120, 24]);
    expect(place([0, 0, 640, 480])).toEqual([0, 0, 120, 24]);
  });

  test('goes elsewhere rather than upon another one, and nowhere where all is taken', () => {
    const first = [100, 76, 120, 24] as const;
    const second = [150, 205, 120, 24] as const;
    expect(place([100, 100, 80, 100])).toEqual(first);
    expect(place([150, 105, 80, 100], first)).toEqual([150, 205, 120, 24]);
    const [x = 0, y = 0] = place([140, 102, 80, 100], first, second) ?? [];
    for (const [left, top] of [first, second]) expect(Math.abs(x - left) < 120 && Math.abs(y - top) < 24).toBe(false);
    expect(place([100, 100, 80, 100], [0, 0, 640, 480])).toBeUndefined();
  });
});
