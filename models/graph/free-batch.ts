// Lets a network that was exported for one picture take several at once: the first dimension of its input and outputs
// becomes free, and so do the shapes within that were written down with a batch of one.
import { constantNamed, fedInputs, freeDimension, readInt64, shapeOf, writeInt64, type Graph, type Tensor } from './graph.js';
import type { Rewrite } from './rewrite.js';

const BATCH = 'batch';

export const freeBatch: Rewrite = {
  name: 'free-batch',
  apply(graph) {
    const fixed = fedInputs(graph).filter((input) => shapeOf(input)?.[0] === 1);
    if (fixed.length === 0) return 0;
    for (const value of [...fixed, ...graph.output]) freeDimension(value, 0, BATCH);
    const shapes = reshapeTargets(graph);
    for (const shape of shapes) freeFirst(shape);
    // Shapes of values within the graph, written down for the batch of one.
    graph.valueInfo = [];
    return fixed.length + shapes.size;
  },
};

/** Constant shapes of Reshape nodes that begin with 1; several nodes may share one. */
function reshapeTargets(graph: Graph): Set<Tensor> {
  const targets = new Set<Tensor>();
  for (const node of graph.node) {
    if (node.opType !== 'Reshape') continue;
    const shape = constantNamed(graph, node.input?.[1]);
    if (shape && readInt64(shape)[0] === 1) targets.add(shape);
  }
  return targets;
}

function freeFirst(shape: Tensor): void {
  const [, ...rest] = readInt64(shape);
  // A shape may leave one size open; where another is open already, 0 says "as it comes in".
  writeInt64(shape, [rest.includes(-1) ? 0 : -1, ...rest]);
}
