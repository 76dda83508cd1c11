// What clients send for fields that they leave out.

/** Fields without those that are null: a client's "nothing" where a field is optional. */
export function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
