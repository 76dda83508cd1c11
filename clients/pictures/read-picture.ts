// A picture file as the service takes it: as it is where that goes, else made JPEG, and smaller where it is too large. The one
// reader of pictures of the command line.
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError } from '../terminal/failure.js';
import {
  HEAD_BYTES,
  JPEG_QUALITY,
  LARGE_BYTES,
  LONGEST_SIDE_PX,
  TAKEN_AS_IT_IS,
  isDrawing,
  isSequence,
  pictureKind,
  pictureStart,
  type PictureKind,
} from './picture-kind.js';

/** Nothing that a camera writes is larger; read whole it would take that much memory. */
const MOST_BYTES = 512 * 1024 * 1024;
const MEBI = 1024 * 1024;

/** What its bytes say; undefined for what is no picture. @throws Error of the system */
export async function kindOfFile(path: string): Promise<PictureKind | undefined> {
  return pictureKind(await headOf(path));
}

/** Lines and letters rather than pixels: never drawn here, where a film would be. @throws Error of the system */
export async function isDrawingFile(path: string): Promise<boolean> {
  return isDrawing(await headOf(path));
}

/** The half of a file that macOS writes beside it on foreign disks, under its name with `._` before it. */
export async function isAppleDouble(path: string): Promise<boolean> {
  if (!basename(path).startsWith('._')) return false;
  const head = await headOf(path).catch(() => Buffer.alloc(0));
  return head.length >= 4 && head.readUInt32BE(0) === 0x0005_1607;
}

/**
 * @param options.smaller also where its bytes are few: the service has said that it is too large
 * @throws CommandError that says what to do · Error of the system
 */
export async function readPicture(path: string, { smaller = false } = {}): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw new CommandError(`it has ${Math.ceil(size / MEBI)} MiB: too much for a picture`);
  const head = await headOf(path);
  if (isDrawing(head)) throw new CommandError(DRAWING_ADVICE);
  const { kind, before = 0 } = pictureStart(head) ?? {};
  // What is no picture goes as it is: the service says what is wrong with it.
  const isTaken = kind === undefined || TAKEN_AS_IT_IS.has(kind);
  if (isTaken && size <= LARGE_BYTES && !smaller) return readFile(path);
  if (kind === undefined) throw new CommandError('it is neither a picture nor small enough to be sent as it is');
  if (kind === 'HEIC') throw new CommandError(HEIC_ADVICE);
  if (kind === 'BMP' || kind === 'JPEG XL' || (kind === 'AVIF' && isSequence(head)))
    return smallJpeg(await firstFrame(path, kind), kind);
  if (kind === 'JPEG') return smallJpeg(ended((await readFile(path)).subarray(before)), kind);
  return smallJpeg(before === 0 ? path : (await readFile(path)).subarray(before), kind);
}

/** Decoders take a missing end marker for damage; whether more is missing they say then. */
const ended = (jpeg: Buffer): Buffer => Buffer.concat([jpeg, Buffer.of(0xff, 0xd9)]);

const DRAWING_ADVICE = 'SVG drawings are not read: save it as JPEG or PNG';

/** Its decoders are patented, and come with no free library. */
const HEIC_ADVICE =
  'HEIC pictures cannot be read here: save it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)';

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function smallJpeg(input: string | Buffer, kind: PictureKind): Promise<Buffer> {
  // Loaded when it is needed: the image library takes longer to start than all the rest.
  const { default: sharp } = await import('sharp');
  const make = (failOn: 'warning' | 'error') =>
    sharp(input, { failOn, autoOrient: true, limitInputPixels: 300_000_000 })
      .resize(LONGEST_SIDE_PX, LONGEST_SIDE_PX, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
  try {
    return await make('warning');
  } catch (error) {
    // Half a picture is no mere warning, though the library says so.
    if (error instanceof Error && /premature end/i.test(error.message))
      throw new CommandError(`this ${kind} picture is truncated`);
  }
  try {
    return await make('error');
  } catch {
    throw new CommandError(`this ${kind} picture cannot be read: save it as JPEG or PNG`);
  }
}

/** sharp reads neither BMP nor JPEG XL, nor pictures that move in AVIF; ffmpeg does. */
async function firstFrame(path: string, kind: PictureKind): Promise<Buffer> {
  const { videoFrames } = await import('../video/video-frames.js');
  try {
    for await (const { image } of videoFrames(path)) return image;
  } catch (error) {
    // Names its file already, or says how to install ffmpeg.
    if (error instanceof CommandError && error.message.startsWith('ffmpeg')) throw error;
  }
  throw new CommandError(`this ${kind} picture cannot be read: save it as JPEG or PNG`);
}
