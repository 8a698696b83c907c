import { expect, test } from 'vitest';
import { linkOf } from './link-of.ts';

test.each([
  [{ subject: { type: 'task', id: 'a/b' }, alert_ids: [] } as const, '/tasks/a%2Fb'],
  [{ subject: { type: 'suggestion', id: '7' }, alert_ids: [] } as const, '/suggestions?id=7'],
  [{ subject: { type: 'incident', id: '7' }, alert_ids: [] } as const, '/incidents/7'],
  [{ subject: null, alert_ids: [5, 6] }, '/incidents?alert=5'],
  [{ subject: null, alert_ids: [] }, '/alerts'],
])('%j leads to %s', (notification, link) =>
  expect(linkOf({ ...notification, alert_ids: [...notification.alert_ids] })).toBe(link),
);
