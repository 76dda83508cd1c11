// Typed events whose listeners cannot hurt the one who emits: what a listener throws is reported, never passed on.

type Listener<Args extends readonly unknown[]> = (...args: Args) => void;

/** Events as named argument tuples, e.g. `{ result: [result: FrameResult] }`. */
export class Emitter<Events extends Record<keyof Events, readonly unknown[]>> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Adds a listener; the returned function takes it away again. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => this.off(name, listener);
  }

  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const off = this.on(name, (...args) => {
      off();
      listener(...args);
    });
    return off;
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  /** Calls the listeners in the order they came; an error of one is told on the console and the others still hear. */
  protected emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as unknown as Listener<Events[Name]>[]) {
      try {
        listener(...args);
      } catch (error) {
        console.error(`onlooker client: a listener of "${String(name)}" threw`, error);
      }
    }
  }
}
