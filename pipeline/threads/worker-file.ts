// Where a worker thread's program lies. Threads run compiled JavaScript: beside us in dist/, and also in dist/
// when we ourselves run from source, as the tests do.

/**
 * @param name file name of the worker without ending, in the folder of `from`
 * @param from `import.meta.url` of the file that starts it
 * @returns the address to give to `new Worker()` or piscina
 */
export function workerFile(name: string, from: string): URL {
  if (from.endsWith('.js')) return new URL(`${name}.js`, from);
  const root = new URL('../..', import.meta.url);
  const folder = new URL('.', from).href.slice(root.href.length);
  return new URL(`dist/${folder}${name}.js`, root);
}
