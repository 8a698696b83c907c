import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, DecryptionFailure, encrypt } from './encrypt.ts';

const SECRET = 'a secret of the installation';

describe('encryption at rest', () => {
  it('gives back any text, and never the same bytes twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, context) => {
        const [first, second] = [encrypt(SECRET, context, text), encrypt(SECRET, context, text)];
        expect(decrypt(SECRET, context, first)).toBe(Buffer.from(text, 'utf8').toString('utf8'));
        expect(first.equals(second)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it.each<readonly [string, () => string]>([
    ['another secret', () => decrypt('another one', 'channel-1', encrypt(SECRET, 'channel-1', 'hunter2'))],
    ['another context', () => decrypt(SECRET, 'channel-2', encrypt(SECRET, 'channel-1', 'hunter2'))],
    ['nothing', () => decrypt(SECRET, 'channel-1', Buffer.alloc(0))],
    ['another version', () => decrypt(SECRET, 'channel-1', Buffer.concat([Buffer.of(2), Buffer.alloc(60)]))],
  ])('refuses %s', (_what, attempt) => {
    expect(attempt).toThrow(DecryptionFailure);
  });

  it('refuses every change of a single bit', () => {
    const encrypted = encrypt(SECRET, 'channel-1', 'hunter2');
    for (let bit = 0; bit < encrypted.length * 8; bit++) {
      const changed = Buffer.from(encrypted);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => decrypt(SECRET, 'channel-1', changed)).toThrow(DecryptionFailure);
    }
  });
});
