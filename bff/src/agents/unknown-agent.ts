import { HttpProblem } from '@fleetbeat/infra/problem.ts';

export function unknownAgent(): HttpProblem {
  return new HttpProblem(404, 'unknown-agent', 'no agent of this id has ever been seen');
}
