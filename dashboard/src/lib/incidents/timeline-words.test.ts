import type { TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { expect, test } from 'vitest';
import { deliveryText, standingText, tellingOf } from './timeline-words.ts';

const names = { nameOf: (who: string) => (who === 'u-1' ? 'Ann' : who), momentOf: (t: number) => `at ${t}` };

test.each<[TimelineEntry['kind'], string | null, string, string, string | null]>([
  ['alert_fired', null, 'Offline, web-1: error', 'Alert fired', 'Offline, web-1: error'],
  ['commented', 'ann', 'It is the disk', 'said something', null],
  ['acknowledged', 'ann', 'nobody else is called', 'acknowledged it', null],
  ['assigned', 'ann', 'to u-1', 'gave it to Ann', null],
  ['assigned', 'ann', 'to nobody', 'gave it to nobody', null],
  ['snoozed', 'ann', 'until 1970-01-01T00:00:05.000Z', 'snoozed it until at 5000', null],
  ['snoozed', 'ann', 'for a while', 'snoozed it for a while', null],
  ['resolved', 'ann', 'by hand', 'resolved it', null],
  ['resolved', null, 'all its alerts are resolved', 'Resolved', 'all its alerts are resolved'],
  ['reopened', null, 'an alert of its group fires', 'Open again', 'an alert of its group fires'],
])('%s by %s (%s) is told as "%s"', (kind, actor, text, what, why) =>
  expect(tellingOf({ kind, actor, text }, names)).toEqual({ what, why }),
);

test('a delivery says what became of it, and how many tries that took', () => {
  expect(deliveryText({ state: 'delivered', attempts: 1 })).toBe('delivered');
  expect(deliveryText({ state: 'dead', attempts: 16 })).toBe('given up after 16 tries');
});

test('an incident says since when it goes on, or how long it lasted', () => {
  const open = { status: 'open', opened_at: 0, resolved_at: null, resolved_by: null, snoozed_until: null } as const;
  expect(standingText(open, 720_400, names)).toBe('Since at 0, for 12 min');
  expect(standingText({ ...open, snoozed_until: 900_000 }, 720_000, names)).toBe(
    'Since at 0, for 12 min; snoozed until at 900000',
  );
  expect(standingText({ ...open, status: 'resolved', resolved_at: 60_000, resolved_by: 'u-1' }, 720_000, names)).toBe(
    'Ended at 60000 by Ann, after 1 min',
  );
});
