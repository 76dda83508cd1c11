// A video as the RTP packets a camera would send: ffmpeg encodes and packetises it once, and pushes it to a recorder
// here. So a camera of the tests costs no encoder while it plays, and speaks every codec that ffmpeg does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { response, RtspReader } from './rtsp-wire.js';

export interface ClipSettings {
  /** Path of a video, or a generator of ffmpeg such as `testsrc=size=640x360`. */
  readonly video: string;
  readonly isGenerated?: boolean;
  readonly codec?: 'h264' | 'h265' | 'mjpeg' | 'none';
  /** `1280x720`. Default: as the video is. */
  readonly size?: string;
  readonly fps?: number;
  readonly seconds?: number;
  /** Frames between key frames; default one second's. */
  readonly keyFrameEvery?: number;
  readonly hasAudio?: boolean;
  /** Frames a second that an H.264 stream says of itself, where that is wrong. */
  readonly declaredFps?: number;
  /** Width by height of a pixel, `2/1`. Default: square. */
  readonly pixel?: string;
}
export interface RtpPacket {
  /** Index of the stream in the SDP. */
  readonly stream: number;
  readonly bytes: Buffer;
  /** Seconds from the first packet of its stream. */
  readonly atS: number;
}
export interface RtpClip {
  readonly sdp: string;
  /** Ticks a second of each stream's timestamps. */
  readonly clockRates: readonly number[];
  readonly packets: readonly RtpPacket[];
  readonly durationS: number;
}

const RTP_TIMESTAMP_AT = 4;
const RTP_SSRC_AT = 8;

/** Encodes and packetises a video. @throws Error when ffmpeg cannot */
export async function recordClip(settings: ClipSettings): Promise<RtpClip> {
  const recorder = createServer();
  recorder.listen(0, '127.0.0.1');
  await once(recorder, 'listening');
  const recording = new Promise<{ sdp: string; packets: { stream: number; bytes: Buffer }[] }>((resolve) => {
    recorder.once('connection', (socket) => resolve(record(socket)));
  });
  const { port } = recorder.address() as AddressInfo;
  const ffmpeg = spawn('ffmpeg', encoderArguments(settings, port), { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  ffmpeg.stderr.on('data', (text: Buffer) => (log += text.toString()));
  const [code] = (await once(ffmpeg, 'close')) as [number | null];
  recorder.close();
  if (code !== 0) throw new Error(`ffmpeg could not make the clip: ${log}`);
  const { sdp, packets } = await recording;
  const clockRates = sdp
    .split(/^m=/m)
    .slice(1)
    .map((media) => Number(/a=rtpmap:\d+ [^/\s]+\/(\d+)/.exec(media)?.[1] ?? 90_000));
  return { sdp, clockRates, ...timed(packets, clockRates, settings.fps ?? 25) };
}

/** One clip after the other in the same stream, as of a camera whose resolution is changed while it is watched. */
export function joined(first: RtpClip, second: RtpClip): RtpClip {
  const start = first.packets[0]?.bytes ?? Buffer.alloc(RTP_SSRC_AT + 4);
  const moved = second.packets.map(({ stream, bytes: original, atS }): RtpPacket => {
    const bytes = Buffer.from(original);
    const ticks = (first.durationS + atS) * (first.clockRates[stream] ?? 90_000);
    bytes.writeUInt32BE((start.readUInt32BE(RTP_TIMESTAMP_AT) + Math.round(ticks)) >>> 0, RTP_TIMESTAMP_AT);
    bytes.writeUInt32BE(start.readUInt32BE(RTP_SSRC_AT), RTP_SSRC_AT);
    return { stream, bytes, atS: first.durationS + atS };
  });
  return { ...first, packets: [...first.packets, ...moved], durationS: first.durationS + second.durationS };
}

/** The same pictures at the same moments, with what another clock would have said of them. @param clock seconds to seconds */
export function retimed(clip: RtpClip, clock: (seconds: number) => number): RtpClip {
  const packets = clip.packets.map((packet): RtpPacket => {
    const bytes = Buffer.from(packet.bytes);
    const ticks = Math.round(clock(packet.atS) * (clip.clockRates[packet.stream] ?? 90_000));
    bytes.writeUInt32BE((ticks + 1_000_000) >>> 0, RTP_TIMESTAMP_AT);
    return { ...packet, bytes };
  });
  return { ...clip, packets };
}

function encoderArguments(settings: ClipSettings, port: number): string[] {
  const {
    video,
    isGenerated = false,
    codec = 'h264',
    size,
    fps = 25,
    seconds = 4,
    keyFrameEvery = fps,
    hasAudio = false,
    declaredFps,
    pixel = '1',
  } = settings;
  const encoders = {
    h264: [
      'libx264',
      '-preset',
      'veryfast',
      '-tune',
      'zerolatency',
      '-pix_fmt',
      'yuv420p',
      '-crf',
      '23',
      '-x264-params',
      'repeat-headers=1',
    ],
    h265: ['libx265', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-x265-params', 'log-level=error'],
    mjpeg: ['mjpeg', '-q:v', '5', '-pix_fmt', 'yuvj420p', '-huffman', 'default'],
  };
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
    ...(isGenerated ? ['-f', 'lavfi'] : []),
    ...['-i', video],
    ...(hasAudio ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=8000'] : []),
    ...['-t', String(seconds)],
    ...(codec === 'none'
      ? ['-vn', '-map', '1:a']
      : ['-map', '0:v', ...(hasAudio ? ['-map', '1:a'] : []), '-c:v', ...encoders[codec], '-g', String(keyFrameEvery)]),
    ...(codec === 'none'
      ? []
      : ['-vf', [`fps=${fps}`, ...(size === undefined ? [] : [`scale=${size.replace('x', ':')}`]), `setsar=${pixel}`].join(',')]),
    ...(declaredFps === undefined ? [] : ['-bsf:v', `h264_metadata=tick_rate=${2 * declaredFps}:fixed_frame_rate_flag=1`]),
    ...(hasAudio ? ['-c:a', 'pcm_mulaw', '-ac', '1'] : []),
    ...['-f', 'rtsp', '-rtsp_transport', 'tcp', `rtsp://127.0.0.1:${port}/clip`],
  ];
}

/** The receiving side of ANNOUNCE and RECORD, for one sender. */
async function record(socket: Socket): Promise<{ sdp: string; packets: { stream: number; bytes: Buffer }[] }> {
  const reader = new RtspReader();
  const packets: { stream: number; bytes: Buffer }[] = [];
  let sdp = '';
  // The sender may reset the connection after its TEARDOWN.
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (const item of reader.push(chunk)) {
      if (item.kind === 'packet') {
        // Even channels carry RTP, odd ones RTCP.
        if (item.channel % 2 === 0) packets.push({ stream: item.channel / 2, bytes: Buffer.from(item.bytes) });
        continue;
      }
      if (item.startLine.startsWith('ANNOUNCE')) sdp = item.body;
      const transport = item.headers.get('transport');
      socket.write(
        response('200 OK', {
          CSeq: item.headers.get('cseq') ?? '0',
          Session: '1',
          ...(transport === undefined ? {} : { Transport: transport }),
        }),
      );
    }
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return { sdp, packets };
}

function timed(packets: readonly { stream: number; bytes: Buffer }[], clockRates: readonly number[], fps: number) {
  const first = new Map<number, number>();
  const withTime = packets.map(({ stream, bytes }): RtpPacket => {
    const ticks = bytes.readUInt32BE(RTP_TIMESTAMP_AT);
    if (!first.has(stream)) first.set(stream, ticks);
    return { stream, bytes, atS: ((ticks - (first.get(stream) ?? 0)) >>> 0) / (clockRates[stream] ?? 90_000) };
  });
  withTime.sort((a, b) => a.atS - b.atS);
  return { packets: withTime, durationS: (withTime.at(-1)?.atS ?? 0) + 1 / fps };
}
