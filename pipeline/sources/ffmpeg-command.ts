// The command line of ffmpeg for one source. Pure. Nothing of a user's text becomes an option, and ffmpeg is told of no
// network but this service's own relay: the rest is checked numbers and names.
import { STREAM_FPS_DEFAULT } from '../../protocol/streams.js';
import { isReshaped, shapeFilters } from './picture-shape.js';
import type { SourceLimits, SourceSettings } from './source-settings.js';

/** What ffmpeg opens: the relay of an RTSP camera, the images of an http camera on its stdin, or the absolute path of a file that was checked. */
export type FfmpegInput =
  | { readonly kind: 'rtsp'; readonly relayUrl: string }
  | { readonly kind: 'images' }
  | { readonly kind: 'media'; readonly path: string };

export interface FfmpegCommand {
  readonly arguments: readonly string[];
  /** Written to its stdin, which is then closed; null where images follow. */
  readonly stdin: string | null;
}

export interface CommandOptions {
  readonly limits: SourceLimits;
  /** Method of `-hwaccel`, or null for software. */
  readonly hwaccel: string | null;
  /** Look at more of the stream before decoding: for streams that a quick look does not understand. */
  readonly isPatient: boolean;
  /** ffmpeg gives up when the network is silent for so long; null where this process sees that itself. */
  readonly silenceMs: number | null;
}

/** JPEG of ffmpeg's scale 2 (best) to 31: 3 leaves a picture of 720p at some 35 to 90 KB. */
const JPEG_QUALITY = 3;
/** What ffmpeg may open by itself. */
const PROTOCOLS = { rtsp: 'pipe', images: 'pipe', media: 'file' } as const;
/** By demuxer: playlists and scripts (hls, dash, concat, sdp) could lead anywhere, so nothing that a source sends is read as one. */
const FORMATS = {
  // The script below; what it names is bound to `rtsp`.
  rtsp: 'concat',
  images: 'mpjpeg',
  media: 'mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,h264,hevc,mpegvideo,m4v,ivf,mjpeg,mjpeg_2000',
} as const;

/** ffmpeg that writes the wanted pictures as JPEG images to its stdout. */
export function ffmpegCommand(input: FfmpegInput, settings: SourceSettings, options: CommandOptions): FfmpegCommand {
  return {
    arguments: [
      ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'verbose'],
      ...decoder(settings, options, input.kind !== 'media'),
      ...['-protocol_whitelist', PROTOCOLS[input.kind], '-format_whitelist', FORMATS[input.kind]],
      ...(input.kind === 'media' ? fileInput(input.path, settings) : probing(input.kind, options)),
      ...(input.kind === 'images' ? ['-f', 'mpjpeg', '-i', 'pipe:0'] : []),
      // A concat script on stdin keeps the relay's token out of the list of processes.
      ...(input.kind === 'rtsp' ? ['-f', 'concat', '-safe', '0', '-i', 'pipe:0'] : []),
      ...['-map', '0:v:0', '-threads', '1', ...encoder(input, settings, options)],
      ...['-flush_packets', '1', '-f', 'image2pipe', 'pipe:1'],
    ],
    stdin: input.kind === 'images' ? null : input.kind === 'media' ? '' : relayScript(input.relayUrl, settings, options),
  };
}

/** The images of an http camera are handed on as they are unless they are to have another shape: no decoding, no encoding. */
export function isCopied(kind: 'rtsp' | 'http' | 'media', settings: SourceSettings): boolean {
  return kind === 'http' && !isReshaped(settings);
}

function decoder(settings: SourceSettings, { limits, hwaccel }: CommandOptions, isLive: boolean): string[] {
  return [
    // One thread: several would each hold a frame back, and the cores are for the models.
    ...['-threads', '1', '-max_pixels', String(limits.maxPixels)],
    ...(isLive ? ['-flags', 'low_delay'] : []),
    ...(settings.keyFramesOnly === true ? ['-skip_frame', 'nokey'] : []),
    ...(hwaccel === null ? [] : ['-hwaccel', hwaccel]),
  ];
}

/**
 * How much is read before the first picture. Little: what the SDP says is enough, and ffmpeg learns the rest by decoding.
 * `-fflags nobuffer` must not be here: it throws away what was read, which is the key frame, and costs the wait for the next.
 */
function probing(kind: 'rtsp' | 'images', { isPatient }: CommandOptions): string[] {
  // Below 2,048 bytes ffmpeg refuses to recognise a format; RTSP needs no recognition.
  const bytes = isPatient ? 2_000_000 : kind === 'rtsp' ? 32 : 4096;
  return ['-probesize', String(bytes), '-analyzeduration', isPatient ? '2000000' : '1', '-fpsprobesize', isPatient ? '5' : '0'];
}

function relayScript(relayUrl: string, settings: SourceSettings, options: CommandOptions): string {
  const isUdp = settings.transport === 'udp';
  const lines = [
    // Instead of what stands on the command line: what the camera sends is read as RTSP or not at all.
    ['format_whitelist', 'rtsp'],
    ['protocol_whitelist', isUdp ? 'tcp,udp,rtp' : 'tcp'],
    ['rtsp_transport', isUdp ? 'udp' : 'tcp'],
    // As a rule no `timeout`: it would run on while this process stands still and hands nothing on. Should it be gone, so is the relay.
    ...(options.silenceMs === null ? [] : [['timeout', String(Math.round(options.silenceMs * 1000))] as const]),
  ];
  const flags = probing('rtsp', options);
  for (let index = 0; index < flags.length; index += 2) lines.push([(flags[index] ?? '').slice(1), flags[index + 1] ?? '']);
  return ['ffconcat version 1.0', `file '${relayUrl}'`, ...lines.map(([name, value]) => `option ${name} ${value}`), ''].join(
    '\n',
  );
}

function fileInput(path: string, { loop = false, realtime = true }: SourceSettings): string[] {
  return [...(loop ? ['-stream_loop', '-1'] : []), ...(realtime ? ['-re'] : []), '-i', `file:${path}`];
}

function encoder(input: FfmpegInput, settings: SourceSettings, { limits }: CommandOptions): string[] {
  const filters = [
    // Images were thinned out before they came here.
    ...(input.kind === 'images' ? [] : [thinning(input, settings)]),
    ...shapeFilters(settings, limits, input.kind !== 'images'),
    // The encoder wants times that grow and gives up otherwise, and nobody reads them: it gets the number of the picture.
    ...['settb=1', 'setpts=N'],
  ];
  return [
    ...['-vf', filters.join(','), '-fps_mode', 'passthrough', '-enc_time_base', '1:1'],
    ...['-pix_fmt', 'yuvj420p', '-sws_flags', 'bilinear'],
    // Huffman tables made for each picture would save a tenth of bytes that only cross a pipe.
    ...['-c:v', 'mjpeg', '-q:v', String(JPEG_QUALITY), '-huffman', 'default'],
  ];
}

/** Pictures of a live camera that may be made up for after a pause: the network holds some back, then gives them at once. */
const MOST_CAUGHT_UP = 4;

/**
 * The wanted rate. Of a file by its own clock; one that plays as fast as it can needs `fps`: there the place of a picture
 * in the output is its time.
 */
function thinning(input: FfmpegInput, { fps = STREAM_FPS_DEFAULT, realtime = true }: SourceSettings): string {
  if (input.kind === 'media' && !realtime) return `fps=${fps}`;
  // The first frame of each period, at once: the filter `fps` would hold it until the next one comes, and would fill the
  // gap with copies should the clock leap.
  const period = (time: string): string => `floor(${time}*${fps}+0.001)`;
  const isNext = `gt(${period('t')},${period('prev_selected_t')})`;
  if (input.kind === 'media') return `select='isnan(t)+isnan(prev_selected_t)+${isNext}+lt(t,prev_selected_t-1)'`;
  return `select='${byTheWall(fps, isNext)}'`;
}

/**
 * The clocks of cameras stand still, creep, run and leap, so the clock on the wall has the last word: it earns pictures,
 * `fps` of them a second. While the camera's clock agrees, it says which frames they are (what comes in a burst was not
 * taken in a burst); where it asks for too few, whatever frame comes once a whole picture is earned.
 */
function byTheWall(fps: number, isNext: string): string {
  // Kept from frame to frame, since an expression of ffmpeg has no names: 0 the pictures earned, 1 when that was counted,
  // 2 when the last one was chosen. The wall's clock may be set meanwhile: backwards counts as no time.
  return [
    `st(0,if(n,min(${MOST_CAUGHT_UP},ld(0)+max(0,time(0)-ld(1))*${fps}),1))`,
    'st(1,time(0))',
    // Set back, it would be long until the last choice is past.
    'st(2,min(ld(2),ld(1)))',
    `if(${isNext}*gte(ld(0),0.5)+gte(ld(0),1)*gte(ld(1)-ld(2),0.5/${fps}),st(0,ld(0)-1);st(2,ld(1));1,0)`,
  ].join(';');
}
