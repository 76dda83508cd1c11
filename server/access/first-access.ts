// What `serve --lan` asks of keys and sessions, so that the first person gets in: a key, and a sign-in for the QR code.

export interface FirstAccess {
  /** Makes a first admin key where there is no key yet. @returns its text, which is shown once; null where there are keys */
  createFirstKey(): Promise<string | null>;
  /** @returns a ticket that signs one browser in, once; null where nobody needs to sign in */
  createSignInTicket(): Promise<string | null>;
}

/** SEAM: stands here until keys are there; `Service.firstAccess` is the one place that uses it. */
export const NO_KEYS: FirstAccess = {
  createFirstKey: () => Promise.resolve(null),
  createSignInTicket: () => Promise.resolve(null),
};
