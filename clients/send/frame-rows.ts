// The answers of `onlooker send` as lines: a table for people, or one JSON object for each frame.
import type { ErrorCode } from '../../protocol/errors.js';
import type { Box, Task } from '../../protocol/payloads.js';
import { toBase64 } from '../base64.js';
import { ServerError } from '../errors.js';
import type { FrameResult } from '../results.js';
import { formatHeader, formatRow, paint, shown, type Column } from '../terminal/table.js';
import { frameName, type SourceFrame } from './source-frames.js';

/** What became of a frame; without a result, why there is none. */
export type FrameAnswer =
  { readonly result: FrameResult; readonly error?: undefined } | { readonly result?: undefined; readonly error: Error };

export interface FrameFormat {
  readonly header: string | undefined;
  linesOf(source: SourceFrame, answer: FrameAnswer): readonly string[];
}

export const jsonFormat: FrameFormat = {
  header: undefined,
  linesOf({ file, frame, timeMs }, { result, error }) {
    const of = { file, frame: frame ?? null, time_ms: timeMs ?? null };
    const line = result ? { ...of, ...result, t: undefined } : { ...of, ...toldOf(error) };
    return [JSON.stringify(line, (_key, value: unknown) => (value instanceof Uint8Array ? toBase64(value) : value))];
  },
};

/** A frame that was refused unsent, e.g. too large, is an error like any other; without the service's word it is lost. */
function toldOf(error: Error): { readonly status: 'error' | 'lost'; readonly code?: ErrorCode; readonly message: string } {
  const { message } = error;
  return error instanceof ServerError ? { status: 'error', code: error.code, message } : { status: 'lost', message };
}

/** @param names the names of all files, so that the first column is wide enough */
export function tableFormat(task: Task, names: readonly string[]): FrameFormat {
  const first: Column[] = [
    { title: 'FRAME', width: Math.min(40, Math.max(5, ...names.map((name) => name.length + 5))) },
    { title: 'TIME', width: 9, alignRight: true },
  ];
  const columns = [...first, ...COLUMNS[task]];
  const row = (source: SourceFrame, cells: readonly string[]) =>
    formatRow(columns, [shown(frameName(source)), source.timeMs === undefined ? '' : clockTime(source.timeMs), ...cells]);
  return {
    header: formatHeader(columns),
    linesOf(source, { result, error }) {
      if (!result) return [row(source, [paint('red', `${toldOf(error).code ?? 'lost'}: ${error.message}`)])];
      if (result.status === 'error') return [row(source, [paint('red', `${result.code}: ${shown(result.message)}`)])];
      if (result.status === 'dropped') return [row(source, [paint('yellow', `dropped: ${result.reason}`)])];
      return cellsOf(result).map((cells) => row(source, cells));
    },
  };
}

type OkResult = Extract<FrameResult, { status: 'ok' }>;
type AnyFace = Extract<OkResult, { faces: unknown }>['faces'][number];

const BOX_COLUMNS: readonly Column[] = [
  { title: 'SCORE', width: 5, alignRight: true },
  { title: 'BOX', width: 18 },
];
const COLUMNS: Record<Task, readonly Column[]> = {
  faces: [
    { title: 'PERSON', width: 24 },
    { title: 'SIMILARITY', width: 10, alignRight: true },
    { title: 'QUALITY', width: 7, alignRight: true },
    ...BOX_COLUMNS,
  ],
  detect: [{ title: 'FACE', width: 8 }, ...BOX_COLUMNS],
  embed: [
    { title: 'FACE', width: 8 },
    { title: 'DIM', width: 4, alignRight: true },
    { title: 'QUALITY', width: 7, alignRight: true },
    ...BOX_COLUMNS,
  ],
  objects: [{ title: 'OBJECT', width: 24 }, ...BOX_COLUMNS],
  classify: [
    { title: 'CLASS', width: 32 },
    { title: 'SCORE', width: 5, alignRight: true },
  ],
};

function cellsOf(result: OkResult): string[][] {
  if ('classes' in result) {
    return result.classes.map(({ label, score }) => [
      label === result.accepted ? paint('green', shown(label)) : shown(label),
      score.toFixed(2),
    ]);
  }
  if ('objects' in result) {
    if (result.objects.length === 0) return [[paint('dim', 'nothing')]];
    return result.objects.map((object) => [paint('green', shown(object.label)), ...boxCells(object)]);
  }
  if (result.faces.length === 0) return [[paint('dim', 'no face')]];
  return result.faces.map((face, i) => [...subjectCells(face, i), ...boxCells(face)]);
}

function boxCells({ score, box }: { readonly score: number; readonly box: Box }): string[] {
  return [score.toFixed(2), box.map((side) => side.toFixed(0)).join(',')];
}

function subjectCells(face: AnyFace, index: number): string[] {
  if ('embedding' in face) return [`face ${index + 1}`, String(face.dim), face.quality.toFixed(2)];
  if (!('person' in face)) return [`face ${index + 1}`];
  const best = face.person ?? face.candidates?.[0];
  const similarity = best ? best.similarity.toFixed(2) : '';
  if (face.person) return [paint('green', shown(face.person.name)), similarity, face.quality.toFixed(2)];
  if (face.reason !== 'ambiguous') return [paint('dim', 'unknown'), paint('dim', similarity), face.quality.toFixed(2)];
  const between = (face.candidates ?? []).slice(0, 2).map(({ name }) => shown(name));
  return [paint('yellow', `${between.join(' or ')}?`), similarity, face.quality.toFixed(2)];
}

/** e.g. `1:02.480` */
function clockTime(ms: number): string {
  return `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(3).padStart(6, '0')}`;
}
