// Whether what was built is older than what it is made of.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** @param stamp a file that the build writes last */
export function isOutdated(stamp, sources) {
  return !existsSync(stamp) || Math.max(...sources.map(newestMs)) > statSync(stamp).mtimeMs;
}

/** Of a folder also itself: a file that was taken away leaves no other trace. */
function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
