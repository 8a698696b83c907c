import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits behind a prefix by which log redaction and secret scanners recognise them. */
export function newToken(prefix: 'fbk' | 'fbs' | 'fbt'): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a token. The tokens are random, so a plain hash withstands guessing. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** A short random id that is no secret. */
export function newId(): string {
  return randomBytes(9).toString('base64url');
}
