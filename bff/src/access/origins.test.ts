import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { createOrigins, foreignOrigin } from './origins.ts';

const origins = createOrigins({ publicUrl: 'https://fleet.example.com/base', corsOrigins: ['https://ops.example.com'] });

function request(headers: Record<string, string>): IncomingMessage {
  return { headers: { host: '127.0.0.1:3000', ...headers } } as unknown as IncomingMessage;
}

it.each([
  ['our own', { origin: 'https://fleet.example.com' }, true],
  ['a configured one', { origin: 'https://ops.example.com' }, true],
  ['the address that the browser used', { origin: 'http://127.0.0.1:3000' }, true],
  ['another site', { origin: 'https://evil.example.com' }, false],
  ['another port', { origin: 'http://127.0.0.1:3001' }, false],
  ['a lookalike', { origin: 'https://fleet.example.com.evil.net' }, false],
  ['a page without an origin', { origin: 'null' }, false],
  ['a browser that says so without an origin', { 'sec-fetch-site': 'same-origin' }, true],
  ['a browser that says otherwise', { 'sec-fetch-site': 'cross-site' }, false],
  ['nobody knows what', {}, false],
])('a change from %s', (_name, headers, allowed) => {
  expect(foreignOrigin(request(headers), origins) === undefined).toBe(allowed);
});
