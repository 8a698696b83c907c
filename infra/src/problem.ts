import { STATUS_CODES } from 'node:http';
import type { Problem } from '@fleetbeat/contracts/api.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/**
 * An answer that is an error. `code` names the kind for machines, in kebab case; `detail` is one sentence for
 * the caller and holds nothing that the caller may not know.
 */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
  /** More that a machine can use: extension members of the body. */
  readonly members: Readonly<Pick<Problem, 'allowed' | 'mistakes'>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    members: Readonly<Pick<Problem, 'allowed' | 'mistakes'>> = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.headers = headers;
    this.members = members;
  }
}

/** The body of RFC 9457 for a problem; `instance` is the path that was asked for. */
export function problemBody(problem: HttpProblem, requestId: string, instance: string): Problem {
  return {
    type: `urn:fleetbeat:problem:${problem.code}`,
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail,
    instance,
    request_id: requestId,
    ...problem.members,
  };
}
