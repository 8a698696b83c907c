import { expect, test } from 'vitest';
import { pendingByRecords } from './read-model.ts';

const pendingIn = (...given: Parameters<typeof pendingByRecords>) => pendingByRecords(...given).get('agent-events/0');

const partition = { topic: 'agent-events', partition: 0 } as const;

test('an idle source with a tick or two unheard has nothing pending', () => {
  const row = { ...partition, stored_offset: 40, read_offset: 100, open_events: 0 };
  expect(pendingIn([row], [{ ...partition, start: 0, end: 102 }])).toBe(0);
});

test('events of open cuts are pending, and so are records nobody has read', () => {
  const row = { ...partition, stored_offset: 40, read_offset: 100, open_events: 25 };
  expect(pendingIn([row], [{ ...partition, start: 0, end: 113 }])).toBe(35);
});

test('what was open is stored once the last stored cut reaches as far', () => {
  const row = { ...partition, stored_offset: 100, read_offset: 100, open_events: 25 };
  expect(pendingIn([row], [{ ...partition, start: 0, end: 100 }])).toBe(0);
});

test('a partition that nobody has taken up counts from where the log begins', () => {
  expect(pendingIn([], [{ ...partition, start: 10, end: 23 }])).toBe(10);
});
