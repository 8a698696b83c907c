import * as z from 'zod';
import { idSchema } from '@fleetbeat/contracts/events.ts';

/** Query and path fields that are text. */

/** An id in a path or query. */
export const idField = idSchema;

/** What to search for: 1 to 200 characters, none of them a control character. */
export const searchField = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'must be at most 200 characters')
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters');
