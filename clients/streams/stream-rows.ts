// Registered streams as text: a row of a table, or everything that is known of one.
import { STREAM_FIELDS } from '../commands/stream-options.js';
import { codecName, type SourceKind } from '../../protocol/source-kind.js';
import { STREAM_FPS_DEFAULT, type StreamAnswer, type StreamState } from '../../protocol/streams.js';
import { paint, shown, type Style } from '../terminal/table.js';
import { localTime } from './local-time.js';

const STATE_STYLES: Readonly<Record<StreamState, Style>> = {
  live: 'green',
  connecting: 'yellow',
  stalled: 'yellow',
  backoff: 'yellow',
  failed: 'red',
  disabled: 'dim',
};

export const KIND_TEXTS: Readonly<Record<SourceKind, string>> = {
  video: 'video',
  mjpeg: 'motion JPEG',
  still: 'still picture that is asked for again and again',
};

export const STREAM_TITLES = ['ID', 'STATE', 'SINCE', 'FPS', 'PICTURE', 'ADDRESS', 'REASON'] as const;

export function streamCells(stream: StreamAnswer): string[] {
  return [
    stream.id,
    paint(STATE_STYLES[stream.state], stream.state),
    localTime(stream.since),
    String(stream.fps ?? STREAM_FPS_DEFAULT),
    pictureText(stream),
    shown(stream.url),
    [stream.reason === null ? [] : [shown(stream.reason)], unsteadiness(stream)].flat().join('; '),
  ];
}

/** e.g. `backoff: the camera refused the connection` */
export function stateText({ state, reason }: StreamAnswer): string {
  return reason === null ? state : `${state}: ${shown(reason)}`;
}

/** What is wrong with a stream whatever its state. */
function unsteadiness({ frozen_since, flapping = false, changes }: StreamAnswer): readonly string[] {
  return [
    ...(typeof frozen_since === 'number' ? [`the same picture since ${localTime(frozen_since)}`] : []),
    ...(flapping ? [`comes and goes: lost ${changes?.down ?? 0} times since it was started`] : []),
  ];
}

/** What is not set is left out: the service's default is then in force. */
export function streamDetails(stream: StreamAnswer): readonly (readonly [title: string, value: string])[] {
  const settings = Object.entries(STREAM_FIELDS).flatMap(([title, field]) => {
    const value = stream[field];
    return value === undefined ? [] : [[title, shown(String(value))] as const];
  });
  const { frames } = stream;
  return [
    ['id', stream.id],
    ['address', shown(stream.url)],
    ['state', `${stateText(stream)} (since ${localTime(stream.since)})`],
    ['picture', pictureText(stream)],
    ...unsteadiness(stream).map((text) => ['trouble', text] as const),
    ...(frames === undefined
      ? []
      : [
          [
            'frames',
            `${frames.received} received: ${frames.ok} ok, ${frames.dropped} dropped, ${frames.errors} errors; ${frames.skipped} skipped for newer ones`,
          ] as const,
        ]),
    ['task', stream.task],
    ['enabled', stream.enabled ? 'yes' : 'no'],
    ...settings,
    ['added', localTime(stream.created_at)],
    ['changed', localTime(stream.updated_at)],
  ];
}

/** e.g. `h264 1920x1080 25 fps`, or `still jpeg 640x480` */
function pictureText({ format }: StreamAnswer): string {
  if (!format) return '';
  const rate = format.fps === null ? '' : ` ${Number(format.fps.toFixed(1))} fps`;
  return `${format.still ? 'still ' : ''}${shown(codecName(format))} ${format.width}x${format.height}${rate}`;
}
