import { nearestName } from '@fleetbeat/infra/nearest-name.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Route } from './route.ts';

/** Mistakes that are told at once. */
const MAX_TOLD = 5;
const MAX_NAME = 64;
/** A shorter name is near to every other. */
const SHORTEST = 3;

/**
 * Throws the problem `invalid-query` where a parameter is none of the route's: a filter that is misspelled would answer
 * everything. Public routes take any, for identity providers and probes send some of their own.
 */
export function refuseUnknownParameters({ access, query }: Pick<Route, 'access' | 'query'>, given: object): void {
  if (access === 'public') return;
  const known = Object.keys(query?.shape ?? {});
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const mistakes = unknown.slice(0, MAX_TOLD).map((name) => {
    const meant = name.length < SHORTEST ? undefined : nearestName(name.toLowerCase(), known);
    const message = `is no parameter of this route${meant === undefined ? '' : `: is ${meant} meant?`}`;
    return { path: name.slice(0, MAX_NAME), message };
  });
  throw new HttpProblem(
    400,
    'invalid-query',
    mistakes.map(({ path, message }) => `${path} ${message}`).join('; '),
    {},
    { mistakes },
  );
}
