import type { Request, Response } from 'express';
import type { Asker } from '@fleetbeat/infra/audit/record-change.ts';
import { requestIdOf } from '../http/request-id.ts';
import { actorOf } from './actor.ts';

/** Who is written down for what a request changes. Only for guarded routes. */
export function askerOf(request: Request, response: Response): Asker {
  return { actor: actorOf(request), requestId: requestIdOf(response) };
}
