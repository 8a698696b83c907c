import { expect, test } from 'vitest';
import { pageOfThing } from './audit-links.ts';
import { actWords, differencesOf, readable } from './audit-words.ts';

test.each([
  ['updated', 'task', 'Changed a task'],
  ['created', 'agent', 'Added an agent'],
  ['deleted', 'user', 'Deleted a user'],
  ['updated', 'notification_preferences', 'Changed notification preferences'],
  ['merged', 'report_schedule', 'merged a report schedule'],
])('%s of %s reads as "%s"', (action, entity_type, words) => expect(actWords({ action, entity_type })).toBe(words));

test('what was and what is stands field by field, of objects only what differs', () => {
  const changes = {
    priority: { before: 'high', after: 'low' },
    config: { before: { url: 'a', port: 1, deep: { x: 1 } }, after: { url: 'b', port: 1, deep: { x: 2 } } },
    labels: { before: ['a'], after: null },
    definition: { before: null, after: { name: 'x' } },
  };
  expect(differencesOf(changes)).toEqual([
    { field: 'priority', before: 'high', after: 'low' },
    { field: 'config.url', before: 'a', after: 'b' },
    { field: 'config.deep.x', before: '1', after: '2' },
    { field: 'labels', before: '[\n "a"\n]', after: '' },
    { field: 'definition.name', before: '', after: 'x' },
  ]);
});

test.each([
  ['assigned_to', 'u1', 'Ann'],
  ['resolved_by', 'u1', 'Ann'],
  ['override.user_id', 'u1', 'Ann'],
  ['name', 'u1', 'u1'],
  ['archived_at', '1795255200000', 'at 1795255200000'],
  ['threshold', '1795255200000', '1795255200000'],
])('%s of %s reads as %s', (field, value, words) => {
  const nameOf = (who: string) => (who === 'u1' ? 'Ann' : who);
  expect(readable(field, value, nameOf, (t) => `at ${t}`)).toBe(words);
});

test.each([
  ['rule', 'a/b', true, '/rules/a%2Fb'],
  ['rule', 'a/b', false, null],
  ['channel', 'c', true, '/settings/channels'],
  ['redaction', 'settings', false, '/settings/privacy'],
  ['recompute', '1', false, null],
])('of a %s %s that exists: %s there is the page %s', (entity_type, entity_id, entity_exists, page) =>
  expect(pageOfThing({ entity_type, entity_id, entity_exists })).toBe(page),
);
