import { DETECTORS, type Detector } from '@fleetbeat/contracts/redaction.ts';
import { describe, expect, it, test } from 'vitest';
import { customPatternMistake } from './custom-pattern.ts';
import { KNOWN_FINDERS, namesSecret } from './detectors.ts';

const found = (detector: Detector, text: string) =>
  [...KNOWN_FINDERS[detector].find(text)].map(([start, end]) => text.slice(start, end));

describe('what is found', () => {
  it.each<[Detector, string, string[]]>([
    [
      'email',
      'write to Jane.Doe+x@mail.example.co.uk, or <müller@größe.de>.',
      ['Jane.Doe+x@mail.example.co.uk', 'müller@größe.de'],
    ],
    ['email', 'a@b, @here, user@localhost and 5 @ 3 are none', []],
    [
      'phone',
      'call +49 (0)30 1234-567 or (415) 555-2671, +14155552671',
      ['+49 (0)30 1234-567', '(415) 555-2671', '+14155552671'],
    ],
    ['phone', '1763750000000, 2026-11-21, 12.5 and 415-555 are none', []],
    ['card', '4111 1111 1111 1111 12/26, 378282246310005', ['4111 1111 1111 1111', '378282246310005']],
    ['card', 'order 12 5555-5555-5555-4444.', ['5555-5555-5555-4444']],
    ['card', '4111 1111 1111 1112, 1763750000004 and 41111111111111111111111 are none', []],
    [
      'iban',
      'DE89 3704 0044 0532 0130 00 und GB29NWBK60161331926819.',
      ['DE89 3704 0044 0532 0130 00', 'GB29NWBK60161331926819'],
    ],
    ['iban', 'DE88 3704 0044 0532 0130 00, DE89370400440532013000x', []],
    ['ip', 'from 203.0.113.9. to 2001:db8::ff00:42:8329', ['203.0.113.9', '2001:db8::ff00:42:8329']],
    ['ip', 'version 1.2.3, 256.1.1.1, 1.2.3.4.5, at 12:30:45, std::vector', []],
    ['ssn', 'ssn 536-90-4399 and 536 90 4399', ['536-90-4399', '536 90 4399']],
    ['ssn', '000-12-3456, 666-12-3456, 900-12-3456, 536-90-43991 are none', []],
    ['secret', 'AKIAIOSFODNN7EXAMPLE', ['AKIAIOSFODNN7EXAMPLE']],
    ['secret', 'api_key = "abcd1234", then', ['api_key = "abcd1234']],
    ['secret', 'Authorization: Bearer abcdefghijklmnop.qrs', ['Bearer abcdefghijklmnop.qrs']],
    ['secret', 'postgres://app:hunter2@db/x', ['app:hunter2']],
    [
      'secret',
      'a -----BEGIN RSA PRIVATE KEY-----\nMII-x\n-----END RSA PRIVATE KEY----- b',
      ['-----BEGIN RSA PRIVATE KEY-----\nMII-x\n-----END RSA PRIVATE KEY-----'],
    ],
    ['secret', 'cut -----BEGIN PRIVATE KEY-----\nMII', ['-----BEGIN PRIVATE KEY-----\nMII']],
    ['secret', 'jwt eyJhbGciOiJI.eyJzdWIiOiIxMjM0.sig-x.', ['eyJhbGciOiJI.eyJzdWIiOiIxMjM0.sig-x']],
    ['secret', 'the secret is out, a token_count of 5', []],
  ])('%s in %j', (detector, text, expected) => {
    expect(found(detector, text)).toEqual(expected);
  });

  it.each(['password', 'api_key', 'db.client-secret', 'refresh_token'])('a field %s holds a secret', (name) => {
    expect(namesSecret(name)).toBe(true);
  });
  it.each(['token_count', 'secretary', 'passwords_tried', 'total_tokens'])('a field %s does not', (name) => {
    expect(namesSecret(name)).toBe(false);
  });
});

/** The largest event takes far less than this, on a busy machine too. */
const SLOW_MS = 3_000;
const LENGTH = 256 * 1024;

test.each(DETECTORS)('%s is found in linear time, whatever the text', (detector) => {
  const texts = [
    'a',
    '1',
    '1 ',
    '+1 ',
    '-',
    'a.',
    'eyJ-',
    'eyJaaaaaaaa.',
    'a@a.',
    'a@',
    '1.1.',
    'DE89',
    'de00 ',
    ':',
    '://a',
    'password=',
    '4111 ',
    '-----BEGIN PRIVATE KEY-----',
    '{"a":',
  ];
  for (const text of texts) {
    const start = performance.now();
    found(detector, text.repeat(LENGTH / text.length));
    expect(performance.now() - start, text).toBeLessThan(SLOW_MS);
  }
});

describe('patterns of one’s own', () => {
  it.each(['[A-Z]{3}-\\d{6}', '(?i)badge[ -]?\\d+', '(a+)+$', 'ä|ß'])('%s is taken', (pattern) => {
    expect(customPatternMistake(pattern)).toBeNull();
  });
  it.each([
    ['x*', 'nothing at all'],
    ['(a{100}){10}', 'too large'],
    ['(', 'no pattern of RE2'],
    ['(?<=a)b', 'no pattern of RE2'],
    ['(a)\\1', 'no pattern of RE2'],
  ])('%s is refused', (pattern, reason) => {
    expect(customPatternMistake(pattern)).toContain(reason);
  });
});
