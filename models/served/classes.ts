// Reads classes.txt: one label a line, in the order of the network's output. Pure.
import { ModelError } from '../model-error.js';

/**
 * Two classes may have one label, as in ImageNet's list, where "crane" is a bird and a machine: the index tells them apart.
 * @param path told in errors
 * @throws ModelError `BAD_MANIFEST` that names the line of an empty label
 */
export function parseClasses(text: string, path: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length === 0) throw new ModelError('BAD_MANIFEST', `${path} has no labels`);
  return lines.map((line, index) => {
    const label = line.trim();
    if (label === '') throw new ModelError('BAD_MANIFEST', `${path}, line ${index + 1}: the label is empty`);
    return label;
  });
}
