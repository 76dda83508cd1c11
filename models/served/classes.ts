// Reads classes.txt: one label a line, in the order of the network's output. Pure.
import { ModelError } from '../model-error.js';

/**
 * @param path told in errors
 * @throws ModelError `BAD_MANIFEST` that names the line: an empty label, or one that is there twice
 */
export function parseClasses(text: string, path: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length === 0) throw new ModelError('BAD_MANIFEST', `${path} has no labels`);
  const firstLines = new Map<string, number>();
  return lines.map((line, index) => {
    const label = line.trim();
    if (label === '') throw new ModelError('BAD_MANIFEST', `${path}, line ${index + 1}: the label is empty`);
    const before = firstLines.get(label);
    if (before !== undefined) {
      throw new ModelError('BAD_MANIFEST', `${path}, line ${index + 1}: the label "${label}" is on line ${before} already`);
    }
    firstLines.set(label, index + 1);
    return label;
  });
}
