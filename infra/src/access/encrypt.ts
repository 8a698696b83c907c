import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * What is encrypted at rest, under the secret of the installation: AES-256-GCM, with a key of its own for every text,
 * derived by HKDF-SHA-256 from the secret and a random salt. Layout: version (1 byte), salt (16), nonce (12), tag (16), text.
 */

const VERSION = 1;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + SALT_BYTES + NONCE_BYTES + TAG_BYTES;

/** Thrown for what cannot be decrypted: another secret, another context, or not what was encrypted. */
export class DecryptionFailure extends Error {
  override readonly name = 'DecryptionFailure';
}

/** `context` says what the text belongs to, such as a row's id: it is decrypted in no other. */
export function encrypt(secret: string, context: string, text: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, salt), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), salt, nonce, cipher.getAuthTag(), encrypted]);
}

/** Throws `DecryptionFailure`. */
export function decrypt(secret: string, context: string, encrypted: Buffer): string {
  if (encrypted.length < HEADER_BYTES || encrypted[0] !== VERSION) {
    throw new DecryptionFailure('this is not encrypted by any version that is known here');
  }
  const salt = encrypted.subarray(1, 1 + SALT_BYTES);
  const nonce = encrypted.subarray(1 + SALT_BYTES, 1 + SALT_BYTES + NONCE_BYTES);
  const tag = encrypted.subarray(HEADER_BYTES - TAG_BYTES, HEADER_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, salt), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(encrypted.subarray(HEADER_BYTES)), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new DecryptionFailure('encrypted under another secret, or not intact', { cause: error });
  }
}

function keyOf(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'fleetbeat encryption at rest, version 1', 32));
}
