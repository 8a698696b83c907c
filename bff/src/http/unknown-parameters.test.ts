import { expect, it } from 'vitest';
import * as z from 'zod';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { refuseUnknownParameters } from './unknown-parameters.ts';

const query = z.object({ status: z.string(), label: z.array(z.string()), q: z.string() });

function complaint(given: object, route: Parameters<typeof refuseUnknownParameters>[0] = { access: 'read', query }) {
  try {
    refuseUnknownParameters(route, given);
    return null;
  } catch (error) {
    return error instanceof HttpProblem ? [error.status, error.code, error.detail] : error;
  }
}

it('takes what the route asks for, once or several times', () => {
  expect(complaint({ status: 'offline', label: ['a:b', 'c:d'] })).toBeNull();
});

it.each([
  [{ foo: 'bar' }, 'foo is no parameter of this route'],
  [{ stauts: 'offline' }, 'stauts is no parameter of this route: is status meant?'],
  [{ Status: 'offline' }, 'Status is no parameter of this route: is status meant?'],
  [{ s: '1', __proto__x: '2' }, 's is no parameter of this route; __proto__x is no parameter of this route'],
  [{ toString: 'x' }, 'toString is no parameter of this route'],
])('refuses %j', (given, detail) => {
  expect(complaint(given)).toEqual([400, 'invalid-query', detail]);
});

it('refuses every parameter where the route has none, and names few of many', () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, number) => [`${'x'.repeat(1_000)}${number}`, '']));
  const [, , detail] = complaint(many, { access: 'operate', query: undefined }) as [number, string, string];
  expect(detail.length).toBeLessThan(600);
});

it('leaves public routes to whoever comes by with parameters of their own', () => {
  expect(complaint({ session_state: 'x' }, { access: 'public', query })).toBeNull();
});
