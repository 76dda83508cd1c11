// An evaluation as one page of HTML that needs nothing beside it: figures, tables, and the worst errors as pictures.
import sharp from 'sharp';
import { escaped } from '../markup.js';
import { readPicture } from '../pictures/read-picture.js';
import type { Figures } from './figures.js';

/** An answer that was wrong. */
export interface Mistake {
  readonly files: readonly string[];
  readonly truth: string;
  readonly told: string;
  /** The surer the service was, the worse. */
  readonly score: number;
}

export interface Page {
  readonly title: string;
  readonly figures: Figures;
  readonly tables: readonly {
    readonly title: string;
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
  /** Worst first. */
  readonly mistakes: readonly Mistake[];
  /** What was not kept of the limits. */
  readonly broken: readonly string[];
}

/** More are no more telling, and each is some 6 KB. */
const MOST_PICTURES = 48;
const SIDE_PX = 180;

export async function htmlOf({ title, figures, tables, mistakes, broken }: Page): Promise<string> {
  const shown = await Promise.all(mistakes.slice(0, MOST_PICTURES).map(async (mistake) => figureOf(mistake)));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;margin:0 0 2rem}th,td{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:left}
td:not(:first-child){font-variant-numeric:tabular-nums}.broken{color:#a00}
.pictures{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;width:${SIDE_PX}px}figure img{max-width:100%;display:block}figcaption{font-size:13px;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}th,td{border-color:#444}.broken{color:#f88}}
</style></head><body>
<h1>${escaped(title)}</h1>
${broken.map((line) => `<p class="broken">${escaped(line)}</p>`).join('\n')}
${tableOf(
  ['figure', ''],
  Object.entries(figures).map(([name, value]) => [name, numberText(value)]),
)}
${tables.map((table) => `<h2>${escaped(table.title)}</h2>\n${tableOf(table.head, table.rows)}`).join('\n')}
<h2>Worst errors</h2>
<p>${mistakes.length === 0 ? 'There are none.' : `${Math.min(mistakes.length, MOST_PICTURES)} of ${mistakes.length}, the surest first.`}</p>
<div class="pictures">
${shown.join('\n')}
</div></body></html>
`;
}

/** `0.9312`, `150`, `-`. */
export function numberText(value: number | null): string {
  return value === null ? '-' : String(Number(value.toFixed(4)));
}

async function figureOf({ files, truth, told, score }: Mistake): Promise<string> {
  const pictures = await Promise.all(files.map(async (file) => pictureOf(file)));
  const caption = `${escaped(told)} ${numberText(score)}, is ${escaped(truth)}<br><small>${files.map(escaped).join('<br>')}</small>`;
  return `<figure>${pictures.join('')}<figcaption>${caption}</figcaption></figure>`;
}

async function pictureOf(file: string): Promise<string> {
  try {
    const jpeg = await sharp(await readPicture(file))
      .rotate()
      .resize(SIDE_PX, SIDE_PX, { fit: 'inside' })
      .jpeg()
      .toBuffer();
    return `<img alt="" src="data:image/jpeg;base64,${jpeg.toString('base64')}">`;
  } catch {
    // What can be told of it stands below.
    return '';
  }
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}
