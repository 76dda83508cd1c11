// Which of two versions is the newer. Pure.
import semver from 'semver';

/** Numbers within names by their value: `v9` before `v10`. A fixed language, so that it is the same on every machine. */
const natural = new Intl.Collator('en', { numeric: true });

/**
 * Older first. Versions by semver's rules (`1.0` and `v1` are read as `1.0.0`) come after names that are none, which are compared
 * naturally; what semver holds for equal is told apart naturally too, so that the order never depends on the disk's.
 */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [semverOf(a), semverOf(b)];
  if (x !== null && y !== null) return semver.compareBuild(x, y) || natural.compare(a, b);
  if (x !== null || y !== null) return x === null ? -1 : 1;
  return natural.compare(a, b);
}

/** The highest, by `compareVersions`: what `latest` means. Undefined where there is none. */
export function latestOf(versions: readonly string[]): string | undefined {
  return versions.reduce<string | undefined>(
    (best, version) => (best === undefined || compareVersions(version, best) > 0 ? version : best),
    undefined,
  );
}

/** `1`, `v1.2` and the like are versions whose later parts are left out; a date such as 20240131 is a first part. */
function semverOf(version: string): semver.SemVer | null {
  const match = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?([-+].+)?$/.exec(version);
  if (match === null) return null;
  const [, major = '0', minor = '0', patch = '0', rest = ''] = match;
  return semver.parse(`${Number(major)}.${Number(minor)}.${Number(patch)}${rest}`);
}
