// What is sent when the service or the network cannot take all: the controller alone, against a simulated link and service.
import { expect, test } from 'vitest';
import { Adaptation } from '../../clients/browser/adaptation.js';
import { scaledSize } from '../../clients/browser/capture.js';

const LIMITS = { maxFps: 30, maxWidthPx: 1280, targetMs: 250 };
const BYTES_PER_PIXEL = 0.15;

interface World {
  /** Bytes a second that the link carries, at a time in ms. */
  bytesPerSecond(nowMs: number): number;
  /** Frames a second that the service answers. */
  serviceFps(nowMs: number): number;
  readonly wayMs?: number;
  readonly credits?: number;
}

interface Second {
  readonly widthPx: number;
  readonly fps: number;
  readonly limitedBy: string;
  readonly answered: number;
  /** Longest round trip. */
  readonly delayMs: number;
}

/** Runs the controller through so many seconds. @returns how it was in each of them */
function simulated(world: World, seconds: number): Second[] {
  const adaptation = new Adaptation(LIMITS);
  const { wayMs = 20, credits = 2 } = world;
  const underWay: { sentMs: number; bytes: number; answerMs: number; serviceMs: number }[] = [];
  const told: Second[] = [];
  let linkFreeMs = 0;
  let serviceFreeMs = 0;
  let dueMs = 0;
  let isTold = false;
  let second = { answered: 0, delayMs: 0 };
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs++) {
    while ((underWay[0]?.answerMs ?? Infinity) <= nowMs) {
      const answer = underWay.shift();
      if (!answer) break;
      second.answered += 1;
      second.delayMs = Math.max(second.delayMs, nowMs - answer.sentMs);
      adaptation.answered({ nowMs, ...answer, isDropped: false });
    }
    if (nowMs >= dueMs) {
      if (underWay.length >= adaptation.mayBeUnanswered(credits)) {
        if (!isTold) adaptation.blocked(nowMs, underWay.length < credits ? 'allowance' : 'credits');
        adaptation.waited(nowMs, underWay[0]?.sentMs ?? nowMs);
        isTold = true;
      } else {
        isTold = false;
        const { fps, widthPx, quality } = adaptation.settings;
        const bytes = widthPx * widthPx * 0.5625 * BYTES_PER_PIXEL * (0.4 + 0.6 * (quality / 0.85));
        linkFreeMs = Math.max(linkFreeMs, nowMs) + (1000 * bytes) / world.bytesPerSecond(nowMs);
        const arrivedMs = linkFreeMs + wayMs / 2;
        serviceFreeMs = Math.max(serviceFreeMs, arrivedMs) + 1000 / world.serviceFps(nowMs);
        underWay.push({ sentMs: nowMs, bytes, answerMs: serviceFreeMs + wayMs / 2, serviceMs: serviceFreeMs - arrivedMs });
        adaptation.sent(nowMs, bytes);
        dueMs = Math.max(dueMs + 1000 / fps, nowMs - 1000 / fps);
      }
    }
    if (nowMs % 1000 === 999) {
      const { fps, widthPx } = adaptation.settings;
      told.push({ ...second, fps, widthPx, limitedBy: adaptation.limitedBy });
      second = { answered: 0, delayMs: 0 };
    }
  }
  return told;
}

const last = (seconds: readonly Second[]): Second =>
  seconds.at(-1) ?? { widthPx: 0, fps: 0, limitedBy: '', answered: 0, delayMs: 0 };

test('where service and network take all, all is sent', () => {
  const seconds = simulated({ bytesPerSecond: () => 20e6, serviceFps: () => 200 }, 5);
  expect(last(seconds)).toMatchObject({ widthPx: 1280, fps: 30, limitedBy: 'nothing' });
  expect(last(seconds).answered).toBeGreaterThan(28);
});

test('a way that is long but wide is not taken for a network that cannot follow', () => {
  const seconds = simulated({ bytesPerSecond: () => 20e6, serviceFps: () => 200, wayMs: 180, credits: 8 }, 30);
  expect(last(seconds)).toMatchObject({ widthPx: 1280, limitedBy: 'nothing' });
});

test.each([
  ['3G', 90e3],
  ['a bad cell', 40e3],
  ['hardly anything', 15e3],
])('on a narrow network (%s) the picture gets smaller until it is live again', (_name, bytesPerSecond) => {
  const seconds = simulated({ bytesPerSecond: () => bytesPerSecond, serviceFps: () => 200 }, 40);
  const settled = seconds.slice(20);
  expect(last(seconds)).toMatchObject({ limitedBy: 'network' });
  expect(last(seconds).widthPx).toBeLessThan(1280);
  expect(Math.max(...settled.map(({ delayMs }) => delayMs))).toBeLessThan(900);
  // It uses what there is.
  expect(settled.reduce((sum, { answered }) => sum + answered, 0) / settled.length).toBeGreaterThan(2);
});

test('it becomes live soon, whatever was sent at first', () => {
  const seconds = simulated({ bytesPerSecond: () => 40e3, serviceFps: () => 200 }, 20);
  expect(seconds.findIndex(({ answered, delayMs }) => answered > 2 && delayMs < 900)).toBeLessThan(12);
});

test('when the network is wide again the picture gets as good as before', () => {
  const seconds = simulated({ bytesPerSecond: (nowMs) => (nowMs < 10_000 ? 40e3 : 20e6), serviceFps: () => 200 }, 60);
  expect(seconds[9]).toMatchObject({ limitedBy: 'network' });
  expect(last(seconds)).toMatchObject({ widthPx: 1280, fps: 30, limitedBy: 'nothing' });
});

test('where the service is slow, fewer frames are sent and none the smaller', () => {
  const seconds = simulated({ bytesPerSecond: () => 20e6, serviceFps: () => 6 }, 20);
  expect(last(seconds)).toMatchObject({ widthPx: 1280, limitedBy: 'service' });
  expect(last(seconds).fps).toBeLessThan(10);
  const settled = seconds.slice(10);
  expect(settled.reduce((sum, { answered }) => sum + answered, 0) / settled.length).toBeGreaterThan(4.5);
});

test('when the service is free again, the rate comes back', () => {
  const seconds = simulated({ bytesPerSecond: () => 20e6, serviceFps: (nowMs) => (nowMs < 8_000 ? 5 : 200) }, 40);
  expect(last(seconds)).toMatchObject({ fps: 30, limitedBy: 'nothing' });
});

test('a service that drops frames gets fewer', () => {
  const adaptation = new Adaptation(LIMITS);
  for (let nowMs = 0; nowMs < 3_000; nowMs += 50) {
    adaptation.sent(nowMs, 50_000);
    adaptation.answered({ nowMs: nowMs + 30, sentMs: nowMs, bytes: 50_000, serviceMs: 29, isDropped: nowMs % 150 === 0 });
  }
  expect(adaptation.limitedBy).toBe('service');
  expect(adaptation.settings.fps).toBeLessThan(25);
  expect(adaptation.settings.widthPx).toBe(1280);
});

test('never less than one frame a second, never more than asked for', () => {
  const nothing = simulated({ bytesPerSecond: () => 500, serviceFps: () => 200 }, 60);
  expect(Math.min(...nothing.map(({ fps }) => fps))).toBeGreaterThanOrEqual(1);
  const all = simulated({ bytesPerSecond: () => Infinity, serviceFps: () => 10_000 }, 10);
  expect(Math.max(...all.map(({ fps }) => fps))).toBeLessThanOrEqual(30);
});

/** All went well for a while: as good and as often as it may be. */
function settled(widthPx: number, heightPx: number): Adaptation {
  const adaptation = new Adaptation(LIMITS);
  adaptation.sized(widthPx, heightPx);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 50) {
    adaptation.sent(nowMs, 50_000);
    adaptation.answered({ nowMs: nowMs + 30, sentMs: nowMs, bytes: 50_000, serviceMs: 20, isDropped: false });
  }
  return adaptation;
}

const sentOf = (adaptation: Adaptation, widthPx: number, heightPx: number) =>
  scaledSize(widthPx, heightPx, adaptation.settings.sidePx);

test.each([
  ['a phone that is laid down', [720, 1280], [1280, 720], [1280, 720]],
  ['a phone that is put upright', [1280, 720], [720, 1280], [720, 1280]],
  ['a large camera put upright', [1920, 1080], [1080, 1920], [720, 1280]],
  ['a camera switched to more pixels', [640, 480], [1280, 720], [1280, 720]],
  ['a camera switched to fewer pixels', [1280, 720], [320, 240], [320, 240]],
  ['another camera with other shapes', [352, 288], [1600, 1600], [1280, 1280]],
] as const)('%s sends all that it has afterwards as well', (_name, [widthPx, heightPx], [toWidthPx, toHeightPx], expected) => {
  const adaptation = settled(widthPx, heightPx);
  expect(adaptation.sized(toWidthPx, toHeightPx)).toBe(true);
  expect(sentOf(adaptation, toWidthPx, toHeightPx)).toEqual(expected);
  expect(adaptation.settings.widthPx).toBe(expected[0]);
  expect(adaptation.limitedBy).toBe('nothing');
});

test('a phone is turned as often as one likes, and there and back is where it began', () => {
  const adaptation = settled(720, 1280);
  for (let turn = 0; turn < 20; turn++) {
    adaptation.sized(1280, 720);
    expect(adaptation.settings.widthPx).toBe(1280);
    adaptation.sized(720, 1280);
    expect(adaptation.settings.widthPx).toBe(720);
  }
});

test('a picture held upright has no more pixels than one held across, whatever the network takes', () => {
  const adaptation = new Adaptation(LIMITS);
  adaptation.sized(720, 1280);
  expect(sentOf(adaptation, 720, 1280)).toEqual([360, 640]);
  expect(adaptation.sized(720, 1280)).toBe(false);
  adaptation.sized(1280, 720);
  expect(sentOf(adaptation, 1280, 720)).toEqual([640, 360]);
});

test('a camera that gained pixels on a network that carries few goes on as it was', () => {
  const adaptation = new Adaptation(LIMITS);
  adaptation.sized(640, 480);
  for (let nowMs = 0; nowMs < 20_000; nowMs += 1_000) {
    adaptation.sent(nowMs, 30_000);
    adaptation.answered({ nowMs: nowMs + 900, sentMs: nowMs, bytes: 30_000, serviceMs: 20, isDropped: false });
  }
  const before = adaptation.settings;
  adaptation.sized(1280, 960);
  expect(adaptation.settings.sidePx).toBeLessThanOrEqual(before.sidePx);
  expect(adaptation.limitedBy).toBe('network');
});
