import { inRequest, requestIdFrom } from '@fleetbeat/infra/request-id.ts';
import type { RequestHandler, Response } from 'express';

/** Gives every request an id, the client's own or its trace's where it sent a usable one, says it in the answer and in every log line. */
export const requestId: RequestHandler = (request, response, next) => {
  const id = requestIdFrom(request.get('x-request-id'), request.get('traceparent'));
  response.locals['requestId'] = id;
  response.setHeader('x-request-id', id);
  inRequest(id, next);
};

export function requestIdOf(response: Response): string {
  return String(response.locals['requestId']);
}
