import { describe, expect, it, test } from 'vitest';
import { CHANNEL_SCHEMAS, newChannelSchema, type Channel } from '@fleetbeat/contracts/channels.ts';
import { CHANNEL_TYPES } from '@fleetbeat/contracts/delivery.ts';
import { bodyOf, draftOf } from './channel-draft.ts';
import { channelState, testWords } from './channel-state.ts';
import { CHANNEL_KINDS, CHANNEL_TYPES_IN_ORDER, whereOf } from './channel-types.ts';

const NOW = 1_800_000_000_000;
const CHANNEL = {
  id: 'c1',
  type: 'email',
  name: 'Mail',
  enabled: true,
  owner: null,
  rate_per_minute: 30,
  config: { host: 'smtp.example.com', port: 587, security: 'tls', from: 'a@example.com', to: ['b@example.com', 'c@example.com'] },
  secrets: { password: { set: true } },
  revision: 3,
} as unknown as Channel;

describe('the form of a channel', () => {
  it('offers every type', () => expect(CHANNEL_TYPES_IN_ORDER.toSorted()).toEqual(CHANNEL_TYPES.toSorted()));

  it.each(CHANNEL_TYPES)('asks for what the schema of %s asks for', (type) => {
    for (const place of ['config', 'secrets'] as const) {
      const schema = CHANNEL_SCHEMAS[type][place];
      const fields = CHANNEL_KINDS[type].fields.filter((field) => field.place === place);
      expect(fields.map(({ name }) => name).toSorted()).toEqual(Object.keys(schema.shape).toSorted());
      const wanted = schema.safeParse({}).error?.issues.map(({ path }) => String(path[0])) ?? [];
      const required = fields.filter((field) => field.required).map(({ name }) => name);
      expect(required.toSorted()).toEqual(wanted.toSorted());
    }
  });

  it('sends what was written, numbers as numbers and lists as lists, and nothing that was left empty', () => {
    const draft = draftOf('email', null);
    Object.assign(draft, { name: 'Mail', owner: 'u1' });
    Object.assign(draft.values, {
      'config.to': 'b@example.com,\n c@example.com\n',
      'config.port': '25',
      'secrets.password': 'hunter2',
    });
    expect(bodyOf(draft, null)).toEqual({
      type: 'email',
      name: 'Mail',
      enabled: true,
      owner: 'u1',
      rate_per_minute: null,
      config: { to: ['b@example.com', 'c@example.com'], port: 25, security: 'starttls' },
      secrets: { password: 'hunter2' },
    });
    expect(newChannelSchema.safeParse(bodyOf(draft, null)).success).toBe(true);
  });

  it('leaves secrets alone that nobody has touched, and empties what was emptied', () => {
    const draft = draftOf('email', CHANNEL);
    expect(draft.values['config.to']).toBe('b@example.com\nc@example.com');
    expect(draft.values['secrets.password']).toBe('');
    draft.values['config.port'] = '';
    expect(bodyOf(draft, CHANNEL)).toMatchObject({ rate_per_minute: 30, config: { port: null, security: 'tls' }, secrets: {} });
    draft.removed.push('password');
    expect(bodyOf(draft, CHANNEL)).toMatchObject({ secrets: { password: null } });
  });
});

test.each([
  [{}, 'quiet', 'Not used yet'],
  [{ last_success_at: 5 }, 'ok', 'Delivers'],
  [{ last_success_at: 5, last_failure_at: 6 }, 'error', 'Fails'],
  [{ last_success_at: 7, last_failure_at: 6 }, 'ok', 'Delivers'],
  [{ circuit: 'open', held_until: NOW + 30_000 }, 'error', 'Fails, left alone for 30 s'],
  [{ circuit: 'half_open' }, 'warning', 'Failed, is tried again'],
  [{ held_until: NOW + 60_000 }, 'warning', 'Asked to wait for 1 min'],
  [{ held_until: NOW - 1, last_success_at: 5 }, 'ok', 'Delivers'],
  [{ enabled: false, circuit: 'open' }, 'quiet', 'Off'],
] as const)('a channel with %j is %s: %s', (facts, status, word) => {
  const usual = { enabled: true, circuit: 'closed', held_until: null, last_success_at: null, last_failure_at: null } as const;
  expect(channelState({ ...usual, ...facts }, NOW)).toEqual({ status, word });
});

test('what became of a test is a sentence', () => {
  const said = { delivery_id: 1, status: 200, reason: null, provider_id: null, duration_ms: 340 };
  expect(testWords({ ...said, outcome: 'delivered' })).toBe('Delivered in 340 ms, answered 200.');
  expect(testWords({ ...said, outcome: 'failed', status: 404, reason: 'it answers 404' })).toBe('Not delivered: it answers 404');
  expect(testWords({ ...said, outcome: 'failed', status: 404 })).toBe('Not delivered, answered 404.');
});

test('where a channel goes is told as far as it is no secret', () => {
  expect(whereOf(CHANNEL)).toBe('b@example.com, c@example.com');
  expect(whereOf({ type: 'slack', config: {} })).toBeNull();
});
