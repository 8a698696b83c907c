import { expect, test } from 'vitest';
import { nextPath } from './next-path.ts';

test.each([
  ['/agents?range=1h', '/agents?range=1h'],
  [null, '/'],
  ['https://elsewhere.example', '/'],
  ['//elsewhere.example', '/'],
  ['/\\elsewhere.example', '/'],
  ['/sign-in?token=x', '/'],
])('after signing in %s leads to %s', (next, path) => expect(nextPath(next)).toBe(path));
