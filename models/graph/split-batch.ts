// InsightFace exports SCRFD with outputs of [rows, n]: positions first, the batch mixed in between (transpose to height,
// width, batch, channels, then reshape to [-1, n]). With several pictures their rows would interleave, which is why such
// exports are known to return wrong boxes in a batch. Here the batch comes first: [batch, rows, n].
import { constantNamed, forgetShape, readersOf, readInt64, writeInt64, type Graph, type Node } from './graph.js';
import type { Rewrite } from './rewrite.js';

const MIXED = [2, 3, 0, 1] as const;
const BATCH_FIRST = [0, 2, 3, 1] as const;

export const splitBatch: Rewrite = {
  name: 'split-batch',
  apply(graph) {
    let changed = 0;
    for (const transpose of graph.node) {
      const order = transpose.attribute?.find((attribute) => attribute.name === 'perm');
      if (transpose.opType !== 'Transpose' || !order?.ints || !sameNumbers(order.ints.map(Number), MIXED)) continue;
      const reshape = flatteningAfter(graph, transpose);
      const shape = constantNamed(graph, reshape?.input?.[1]);
      if (!shape) continue;
      const values = readInt64(shape);
      // A shape that two nodes share was changed with the first.
      if (values.length === 2) {
        writeInt64(shape, [0, -1, values[1] ?? 1]);
        shape.dims = [3];
      }
      order.ints = [...BATCH_FIRST];
      changed++;
    }
    if (changed > 0) {
      graph.output.forEach(forgetShape);
      graph.valueInfo = [];
    }
    return changed;
  },
};

/** The Reshape to [-1, n] that alone reads the transposed values. */
function flatteningAfter(graph: Graph, transpose: Node): Node | undefined {
  const [reader, another] = readersOf(graph, transpose.output?.[0] ?? '');
  if (reader?.opType !== 'Reshape' || another !== undefined) return undefined;
  const shape = constantNamed(graph, reader.input?.[1]);
  if (!shape) return undefined;
  const values = readInt64(shape);
  const flattens = (values.length === 2 && values[0] === -1) || (values.length === 3 && values[0] === 0 && values[1] === -1);
  return flattens ? reader : undefined;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
