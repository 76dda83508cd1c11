// What a graph rewrite is. Each changes one thing, knows nothing of the others, and leaves what it does not understand:
// the check that follows is what decides whether the result may be used.
import type { Graph } from './graph.js';

export interface Rewrite {
  readonly name: string;
  /** Changes the graph in place; returns how many places it changed. */
  apply(graph: Graph): number;
}
