import { expect, test } from 'vitest';
import { linkOf } from './link-of.ts';

test.each([
  [{ subject: { type: 'task', id: 'a/b' }, rule_id: null } as const, '/tasks/a%2Fb'],
  [{ subject: { type: 'suggestion', id: '7' }, rule_id: null } as const, '/suggestions?id=7'],
  [{ subject: null, rule_id: 'slow' }, '/alerts?rule=slow'],
  [{ subject: null, rule_id: null }, '/alerts'],
])('%j leads to %s', (notification, link) => expect(linkOf(notification)).toBe(link));
