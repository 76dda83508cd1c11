// What kind of thing an address turned out to be. Without schemas: the console tells it too, and fetches no checks of messages.
import type { PictureFormat } from './streams.js';

/** Video in any codec; image after image (motion JPEG); or one picture, asked for again and again. */
export const SOURCE_KINDS = ['video', 'mjpeg', 'still'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** The header of a tested address that tells it. */
export const SOURCE_KIND_HEADER = 'onlooker-source';

export function sourceKind({ codec, still = false }: Pick<PictureFormat, 'codec' | 'still'>): SourceKind {
  if (still) return 'still';
  return codec === 'mjpeg' ? 'mjpeg' : 'video';
}

/** As it was told; one that is not known yet is taken for video. */
export function readSourceKind(told: string | null): SourceKind {
  return SOURCE_KINDS.find((kind) => kind === told) ?? 'video';
}

/** Its codec as people know it: a single image is no motion JPEG. */
export function codecName({ codec, still = false }: Pick<PictureFormat, 'codec' | 'still'>): string {
  return still && codec === 'mjpeg' ? 'jpeg' : codec;
}
