// Which pages may show the console in a frame, as the operator writes it and as `frame-ancestors` of the page's policy has it.

const ORIGIN = /^(?:https?:\/\/)(?:\*\.)?(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::(?:\d{1,5}|\*))?$/;
const KEYWORDS: Readonly<Record<string, string>> = { none: "'none'", "'none'": "'none'", self: "'self'", "'self'": "'self'" };

/**
 * @param text `none`, or `self` and origins, separated by spaces or commas
 * @returns the list for the policy; undefined when something in it is neither, since it would otherwise end up in a header
 */
export function frameAncestors(text: string): string | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  const sources = parts.map((part) => KEYWORDS[part.toLowerCase()] ?? (ORIGIN.test(part) ? part : undefined));
  const known = sources.filter((source) => source !== undefined);
  if (known.length === 0 || known.length < sources.length) return undefined;
  return known.includes("'none'") && known.length > 1 ? undefined : known.join(' ');
}
