import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { NO_REDACTION, type RedactionSettings, type StoredRedaction } from '@fleetbeat/contracts/redaction.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { watchRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import { Browser } from '../testing/browser.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
let admin: Browser;
beforeAll(async () => {
  bff = await startTestBff();
  admin = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
});
afterAll(() => bff.stop());

const ON: RedactionSettings = { ...NO_REDACTION, enabled: true, patterns: [{ name: 'badge', pattern: '[A-Z]{3}-\\d{6}' }] };
const put = (settings: object, etag?: string) =>
  admin.ask('PUT', '/redaction', settings, etag === undefined ? {} : { 'if-match': etag });

it('is off at first, is changed by who has seen it, and tells of itself within seconds', async () => {
  expect((await admin.ask('GET', '/redaction')).body).toEqual({
    ...NO_REDACTION,
    revision: 0,
    updated_at: null,
    updated_by: null,
  });
  const watched = await watchRedaction(bff.database, 'a secret', createLogger('test', 'silent'));
  try {
    expect(watched.current).toBeNull();
    expect((await put(ON)).code).toBe('if-match-missing');
    expect((await put(ON, '"7"')).code).toBe('stale');
    const changed = (await put(ON, '"0"')).body as StoredRedaction;
    expect(changed).toMatchObject({ ...ON, revision: 1 });
    expect((await admin.ask('GET', '/redaction')).body).toEqual(changed);
    await expect.poll(() => watched.current?.text('a@b.cc ABC-123456'), { timeout: 10_000 }).toBe('[email] [badge]');
    expect((await put(ON, '"1"')).body).toEqual(changed);
    const { items } = (await admin.ask('GET', '/audit?entity_type=redaction')).body as List<AuditEntry>;
    expect(items.map(({ changes }) => Object.keys(changes).sort())).toEqual([['enabled', 'patterns']]);
    await put({ ...ON, enabled: false }, '"1"');
    await expect.poll(() => watched.current, { timeout: 10_000 }).toBeNull();
  } finally {
    await watched.stop();
  }
});

it('of two at once who have seen the same, one is told', async () => {
  const { revision } = (await admin.ask('GET', '/redaction')).body as StoredRedaction;
  const etag = `"${revision}"`;
  const answers = await Promise.all(['hash', 'remove'].map((replace) => put({ ...ON, replace }, etag)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
});

describe('a preview', () => {
  const preview = (settings: object, event: object) => admin.ask('POST', '/redaction/preview', { settings, event });

  it('shows what would be stored, whether or not it is switched on', async () => {
    const event = { agent_id: 'a', message_type: 'error', content: 'jane@x.com ABC-123456', user_id: 'jane@x.com' };
    expect((await preview({ ...ON, enabled: false }, event)).body).toEqual({
      event: { ...event, content: '[email] [badge]' },
      changed: true,
    });
    expect((await preview(ON, { task_id: 't', status: 'pending' })).body).toMatchObject({ changed: false });
  });
  it('is refused for what is no event', async () => {
    const refused = await preview(ON, { content: 'x' });
    expect([refused.status, refused.code]).toEqual([422, 'unknown-kind']);
  });
});

it.each<[object, string]>([
  [{ ...ON, patterns: [{ name: 'x', pattern: '(' }] }, 'patterns.0.pattern: is no pattern of RE2'],
  [{ ...ON, patterns: [{ name: 'x', pattern: '(a+)+\\1' }] }, 'patterns.0.pattern: is no pattern of RE2'],
  [{ ...ON, patterns: [{ name: 'x', pattern: '(a{100}){100}' }] }, 'patterns.0.pattern: '],
  [{ ...ON, patterns: [{ name: 'x', pattern: 'a*' }] }, 'patterns.0.pattern: fits nothing at all too'],
  [{ ...ON, patterns: [{ name: 'email', pattern: 'a' }] }, 'patterns.0.name: is taken'],
  [{ ...ON, patterns: [{ name: 'x', pattern: 'a'.repeat(257) }] }, 'patterns.0.pattern: must be at most'],
  [{ ...ON, patterns: [1, 2].map(() => ({ name: 'x', pattern: 'a' })) }, 'patterns: two have the same name'],
  [{ ...ON, fields: ['agent_id'] }, 'fields.0: names what events are counted'],
  [{ ...ON, drop: ['metadata..x'] }, 'drop.0: must be names'],
  [{ ...ON, detectors: ['names'] }, 'detectors.0'],
  [{ ...ON, more: 1 }, 'more'],
])('%j is a bad request', async (settings, detail) => {
  const answer = await put(settings, '*');
  expect([answer.status, answer.code]).toEqual([400, 'invalid-body']);
  expect(answer.problem?.detail).toContain(detail);
});
