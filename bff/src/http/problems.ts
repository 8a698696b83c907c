import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { HttpProblem, PROBLEM_TYPE, problemBody } from '@fleetbeat/infra/problem.ts';
import { TooManyRows } from '@fleetbeat/infra/time-series/time-series.ts';
import { isUnreachable } from '@fleetbeat/infra/unreachable.ts';
import { requestIdOf } from './request-id.ts';

/** Every error becomes one answer of RFC 9457. What is nobody's mistake but ours is logged. */
export function answerProblems(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = problemOf(error);
    const id = requestIdOf(response);
    if (problem.status >= 500) {
      logger.error({ err: error, method: request.method, route: response.locals['route'] }, 'request failed');
    }
    if (response.headersSent) {
      next(error);
      return;
    }
    response.status(problem.status).set(problem.headers).type(PROBLEM_TYPE);
    response.send(JSON.stringify(problemBody(problem, id, request.originalUrl.split('?', 1)[0] ?? '/')));
  };
}

/** Ends every request to the API that no route has taken. */
export const refuseUnknownPath: RequestHandler = (request, response) => {
  response.locals['route'] = 'unknown';
  throw new HttpProblem(404, 'unknown-path', `there is nothing at ${request.originalUrl.split('?', 1)[0]?.slice(0, 200)}`);
};

/** What body-parser calls its failures, by status and code. */
const BODY_PROBLEMS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  'entity.too.large': [413, 'body-too-large', 'the body is too large'],
  'entity.parse.failed': [400, 'malformed-json', 'the body is not valid JSON'],
  'encoding.unsupported': [415, 'unsupported-encoding', 'the content encoding is not supported'],
  'charset.unsupported': [415, 'unsupported-charset', 'the charset is not supported'],
  'request.aborted': [400, 'request-aborted', 'the request was aborted'],
  'request.size.invalid': [400, 'wrong-length', 'the body is not as long as announced'],
};

/** The problem that an error stands for; what is not known is `internal-error` and tells nothing more. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof URIError) return new HttpProblem(400, 'malformed-path', 'the path is not properly percent-encoded');
  if (error instanceof TooManyRows) {
    return new HttpProblem(422, 'too-much-data', 'the range holds too much data for one answer: shorten it or lengthen the step');
  }
  if (isUnreachable(error)) {
    return new HttpProblem(503, 'engine-unavailable', 'a server that is needed for the answer cannot be reached', {
      'retry-after': '2',
    });
  }
  const bodyProblem = isObject(error) && typeof error['type'] === 'string' ? BODY_PROBLEMS[error['type']] : undefined;
  if (bodyProblem !== undefined) return new HttpProblem(...bodyProblem);
  if (isObject(error) && error['status'] === 400 && error instanceof Error) {
    return new HttpProblem(400, 'malformed-request', 'the request cannot be understood');
  }
  return new HttpProblem(500, 'internal-error', 'something went wrong here; the request id finds it in the log');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
