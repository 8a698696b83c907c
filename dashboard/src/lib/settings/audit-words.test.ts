import { expect, test } from 'vitest';
import { actWords, differencesOf } from './audit-words.ts';

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
