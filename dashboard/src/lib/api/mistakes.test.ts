import { expect, test } from 'vitest';
import { ApiProblem } from './problem.ts';
import { mistakesOf } from './mistakes.ts';

test.each([
  [
    'layers.0.users.1: there is no user "x"; ends_at: must lie ahead',
    [
      { place: 'layers.0.users.1', message: 'there is no user "x"' },
      { place: 'ends_at', message: 'must lie ahead' },
    ],
  ],
  ['name: must not be empty; or long', [{ place: 'name', message: 'must not be empty; or long' }]],
  ['there is a route of this name already', [{ place: '', message: 'There is a route of this name already' }]],
])('%s', (message, mistakes) => expect(mistakesOf(new ApiProblem(409, 'Conflict', message, undefined, true))).toEqual(mistakes));
