// How a picture gets its shape: pixels that are not square are made so, it is scaled down, and turned the right way up.
// As filters of ffmpeg, and pure. Nothing of a user's text gets into them: what was checked is read as numbers again.
import { aspectRatio } from '../../protocol/aspect.js';
import type { SourceLimits, SourceSettings } from './source-settings.js';

/** Pixels this much wider than tall, or taller than wide, are not believed: no camera has them. */
const MOST_STRETCHED = 4;
/** Pixels that are square but for so little are left alone: scaling would cost time and sharpness, and nobody sees it. */
const AS_GOOD_AS_SQUARE = 0.02;
const TURNS = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;
const MIRRORS = { horizontal: ['hflip'], vertical: ['vflip'] } as const;

/** Whether its pictures are to be handed on in another shape than they come in. */
export function isReshaped({ widthPx, aspect, rotate = 0, flip }: SourceSettings): boolean {
  return widthPx !== undefined || aspect !== undefined || rotate !== 0 || flip !== undefined;
}

/**
 * @param tellsPixels whether what is read tells the shape of its pixels; JPEG images do not
 * @returns the filters, in their order; what they give has square pixels and no more of them than are allowed
 */
export function shapeFilters(settings: SourceSettings, { maxPixels }: SourceLimits, tellsPixels: boolean): string[] {
  const { widthPx, aspect, rotate = 0, flip } = settings;
  return [
    // What is told otherwise is not to be seen, also not when it changes.
    ...(aspect === undefined ? [] : ['setsar=1']),
    ...(tellsPixels || widthPx !== undefined || aspect !== undefined ? [scale(settings, maxPixels, tellsPixels)] : []),
    'setsar=1',
    // After the scaling, where there is less to turn.
    ...TURNS[rotate],
    ...(flip === undefined ? [] : MIRRORS[flip]),
  ];
}

function scale({ aspect, widthPx, rotate = 0 }: SourceSettings, maxPixels: number, tellsPixels: boolean): string {
  const told = tellsPixels ? `if(between(sar,1/${MOST_STRETCHED},${MOST_STRETCHED}),sar,1)` : '1';
  const pixel = aspect === undefined ? told : `${aspectRatio(aspect)}*ih/iw`;
  // Stored once each, since an expression of ffmpeg has no names: 0 the shape of a pixel, 1 and 2 the size with square
  // pixels, 3 what it is then scaled by. Pixels are only ever added here: what is there is kept for the faces in it.
  const size = [
    `st(0,${pixel})`,
    `st(0,if(lt(abs(ld(0)-1),${AS_GOOD_AS_SQUARE}),1,ld(0)))`,
    `st(1,iw*max(1,ld(0)))`,
    `st(2,ih/min(1,ld(0)))`,
    `st(3,min(1,sqrt(${maxPixels}/(ld(1)*ld(2)))))`,
    // The width that is asked for is that of the picture as it is handed on, which may be turned.
    ...(widthPx === undefined ? [] : [`st(3,min(ld(3),${widthPx}/ld(${rotate % 180 === 0 ? 1 : 2})))`]),
  ].join(';');
  // Untouched where nothing is to be done; otherwise even, as encoders like it, and never rounded up beyond a bound.
  const side = (at: 1 | 2, now: 'iw' | 'ih'): string =>
    `${now.slice(1)}='${size};if(eq(ld(${at})*ld(3),${now}),${now},max(2,2*trunc(ld(${at})*ld(3)/2+0.001)))'`;
  return `scale=${side(1, 'iw')}:${side(2, 'ih')}`;
}
