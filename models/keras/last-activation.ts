// Whether a net's output is probabilities already.
import type { Network } from './network.js';

export type LastActivation = 'softmax' | 'sigmoid' | 'none';

/** Operators that leave every number as it is. */
const MOVING = new Set(['Reshape', 'Transpose', 'Identity']);

export function lastActivation({ graph, output }: Network): LastActivation {
  const makers = new Map(graph.nodes.flatMap((node) => (node.output ?? []).map((name) => [name, node] as const)));
  let node = makers.get(output.name);
  while (node && MOVING.has(node.opType ?? '')) node = makers.get(node.input?.[0] ?? '');
  return node?.opType === 'Softmax' ? 'softmax' : node?.opType === 'Sigmoid' ? 'sigmoid' : 'none';
}
