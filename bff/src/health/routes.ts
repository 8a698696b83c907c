import * as z from 'zod';
import { readySchema } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import type { Ready } from './readiness.ts';

const healthSchema = z.object({ status: z.literal('ok') });

/** Whether this process lives, and whether it can work. Also mounted at the root, where probes look. */
export function healthRoutes(ready: () => Promise<Ready>): Route[] {
  return [
    route('get', '/health', { summary: 'Whether this process lives', access: 'public', answer: healthSchema }, async () => ({
      status: 'ok' as const,
    })),
    route('get', '/ready', { summary: 'Whether every engine can be used', access: 'public', answer: readySchema }, ready),
  ];
}
