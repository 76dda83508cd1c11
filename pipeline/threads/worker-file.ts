// Where files lie that come from a build: programs of worker threads, which run compiled JavaScript, and WebAssembly. Beside us
// in dist/, and also in dist/ when we ourselves run from source, as the tests do.

/**
 * @param name of the file, in the folder of `from`
 * @param from `import.meta.url` of the file that uses it
 */
export function builtFile(name: string, from: string): URL {
  if (from.endsWith('.js')) return new URL(name, from);
  const root = new URL('../..', import.meta.url);
  const folder = new URL('.', from).href.slice(root.href.length);
  return new URL(`dist/${folder}${name}`, root);
}

/**
 * @param name file name of the worker without ending, in the folder of `from`
 * @param from `import.meta.url` of the file that starts it
 * @returns the address to give to `new Worker()` or piscina
 */
export const workerFile = (name: string, from: string): URL => builtFile(`${name}.js`, from);
