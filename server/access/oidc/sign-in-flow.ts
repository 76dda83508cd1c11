// A sign-in that is under way: what must come back unchanged from the identity provider. It travels in a cookie of the browser that
// began it, encrypted with a key of this process, so that no number of sign-ins takes memory here.
import { randomBytes } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

export const FLOW_COOKIE = 'onlooker_sign_in';
export const FLOW_MS = 10 * 60_000;
/** Those that were used are known until they would have run out anyway. */
const MOST_USED = 10_000;
const KEY_BYTES = 32;
/** Longer ones are none of ours. */
const LONGEST = 4096;

const flowSchema = z.object({
  jti: z.string(),
  redirectUri: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
});
export type SignInFlow = Omit<z.infer<typeof flowSchema>, 'jti'>;

export class SignInFlows {
  readonly #key = new Uint8Array(randomBytes(KEY_BYTES));
  readonly #used = new LRUCache<string, true>({ max: MOST_USED, ttl: FLOW_MS });

  /** @returns the cookie's value */
  seal(flow: SignInFlow): Promise<string> {
    return new EncryptJWT({ ...flow })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setJti(randomBytes(16).toString('base64url'))
      .setIssuedAt()
      .setExpirationTime(new Date(Date.now() + FLOW_MS))
      .encrypt(this.#key);
  }

  /** Each one once. @returns null for what is none, too old or used */
  async open(cookie: string): Promise<SignInFlow | null> {
    if (cookie.length > LONGEST) return null;
    const opened = await jwtDecrypt(cookie, this.#key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    }).catch(() => null);
    const parsed = flowSchema.safeParse(opened?.payload);
    if (!parsed.success) return null;
    const { jti, ...flow } = parsed.data;
    if (this.#used.has(jti)) return null;
    this.#used.set(jti, true);
    return flow;
  }
}
