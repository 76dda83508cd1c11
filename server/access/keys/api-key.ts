// The text of an API key: `onl_`, its id, and 256 random bits. Only a hash is kept; of so many random bits a plain one is enough,
// since there is nothing that could be guessed (OWASP asks for slow hashes where people choose the secret).
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const KEY = /^onl_([a-z0-9]{8})_([A-Za-z0-9_-]{43})$/;
const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 8;
const SECRET_BYTES = 32;

export interface NewApiKey {
  readonly id: string;
  /** The whole text, for its owner alone. */
  readonly text: string;
  /** What is kept. */
  readonly hash: string;
}

export function makeApiKey(): NewApiKey {
  const id = Array.from({ length: ID_LENGTH }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('');
  const text = `onl_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, text, hash: secretHash(text) };
}

/** @returns the id that the text claims; null for what is no API key */
export function apiKeyId(text: string): string | null {
  return KEY.exec(text)?.[1] ?? null;
}

/** SHA-256 of a random secret, as it is kept: hexadecimal. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares without telling by its time how much was right. @param hash as `secretHash` makes it */
export function isSecret(secret: string, hash: string): boolean {
  const kept = Buffer.from(hash, 'hex');
  const given = createHash('sha256').update(secret).digest();
  return kept.length === given.length && timingSafeEqual(kept, given);
}
