import * as z from 'zod';

/** A time in a body, as epoch milliseconds. */
export const bodyTimeSchema = z
  .union(
    [
      z.number().int().min(0).max(8.64e15),
      z.iso
        .datetime({ offset: true })
        .transform((time) => Date.parse(time))
        .refine((ms) => ms >= 0, 'must not lie before 1970'),
    ],
    'must be epoch milliseconds or an RFC 3339 time like 2026-01-31T12:00:00Z',
  )
  .meta({ description: 'Epoch milliseconds or RFC 3339', examples: ['2030-01-31T12:00:00Z', 1_896_091_200_000] });
