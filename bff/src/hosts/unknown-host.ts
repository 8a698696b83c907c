import { HttpProblem } from '@fleetbeat/infra/problem.ts';

export function unknownHost(): HttpProblem {
  return new HttpProblem(404, 'unknown-host', 'no host of this id has ever been seen');
}
