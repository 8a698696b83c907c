import { expect, test } from 'vitest';
import { failureWords } from './failure-words.ts';

const failed = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

test.each([
  [
    failed('getaddrinfo ENOTFOUND hooks.example.org', { code: 'ENOTFOUND', hostname: 'hooks.example.org' }),
    'the host name hooks.example.org is unknown',
  ],
  // As nodemailer hands it on.
  [failed('getaddrinfo ENOTFOUND mail.example.org', { code: 'EDNS' }), 'the host name mail.example.org is unknown'],
  [
    failed('connect ECONNREFUSED 192.0.2.1:587', { code: 'ESOCKET' }),
    '192.0.2.1:587 refuses the connection: nothing listens there',
  ],
  [
    failed('connect ECONNREFUSED', { code: 'ECONNREFUSED', address: '::1', port: 25 }),
    '::1 port 25 refuses the connection: nothing listens there',
  ],
  [failed('read ECONNRESET', { code: 'ECONNRESET' }), 'the other side broke off the connection'],
  [failed('connect ETIMEDOUT', { code: 'ETIMEDOUT' }), 'the other side does not answer'],
  [failed('certificate has expired', { code: 'CERT_HAS_EXPIRED' }), 'its certificate has expired'],
  [failed('no answer within 10 s'), 'no answer within 10 s'],
  [failed('constructor'), 'constructor'],
  ['a thrown text', 'a thrown text'],
])('%s', (error, words) => expect(failureWords(error)).toBe(words));

test('of several addresses each reason is said once', () => {
  const one = failed('connect ENETUNREACH 2001:db8::1:443', { code: 'ENETUNREACH', address: '2001:db8::1', port: 443 });
  const reset = failed('read ECONNRESET', { code: 'ECONNRESET' });
  expect(failureWords(new AggregateError([one, reset, reset]))).toBe(
    'there is no way to 2001:db8::1 port 443; the other side broke off the connection',
  );
});
