import { describe, expect, it } from 'vitest';
import { subscribe, unsubscribe } from './subscription.ts';

const hub = { missed: () => [] };

describe('subscribing', () => {
  it('joins the channel, and the agent where one is named', () => {
    expect(subscribe({ channel: 'tasks' }, new Set(), hub)).toMatchObject({ ok: true, rooms: ['tasks'], resync: false });
    expect(subscribe({ channel: 'metrics', agent_id: 'a' }, new Set(['metrics']), hub)).toMatchObject({ rooms: ['agent:a'] });
  });

  it('tells to read again where what was missed is no longer known', () => {
    const forgetful = { missed: () => null };
    expect(subscribe({ channel: 'tasks', since: 1 }, new Set(), forgetful)).toMatchObject({ ok: true, resync: true, missed: [] });
    expect(subscribe({ channel: 'tasks' }, new Set(), forgetful)).toMatchObject({ ok: true, resync: false });
  });

  it('asks for what came after a message, from a moment on, or for nothing', () => {
    const asked: unknown[] = [];
    const remembering = { missed: (rooms: unknown, since: unknown) => (asked.push([rooms, since]), []) };
    subscribe({ channel: 'tasks', since: 7 }, new Set(), remembering);
    subscribe({ channel: 'tasks', since_time: 8.5 }, new Set(), remembering);
    subscribe({ channel: 'tasks' }, new Set(), remembering);
    expect(asked).toEqual([
      [['tasks'], { seq: 7 }],
      [['tasks'], { time: 8.5 }],
    ]);
  });

  it.each([
    undefined,
    null,
    7,
    'tasks',
    {},
    { channel: 'secrets' },
    { channel: 'tasks', since: 'x' },
    { channel: 'tasks', since_time: 'x' },
    { channel: 'tasks', agent_id: 'a' },
    { channel: 'metrics', agent_id: 'x'.repeat(300) },
  ])('refuses %j and says why', (request) =>
    expect(subscribe(request, new Set(), hub)).toMatchObject({ ok: false, reason: expect.any(String) }),
  );

  it('refuses more agents than one socket may follow', () => {
    const present = new Set(Array.from({ length: 32 }, (_, index) => `agent:${index}`));
    expect(subscribe({ channel: 'metrics', agent_id: 'more' }, present, hub)).toMatchObject({ ok: false });
    expect(subscribe({ channel: 'metrics', agent_id: '3' }, present, hub)).toMatchObject({ ok: true });
  });
});

describe('unsubscribing', () => {
  it('leaves an agent alone, or the channel with all agents', () => {
    const present = new Set(['metrics', 'agent:a', 'agent:b', 'tasks']);
    expect(unsubscribe({ channel: 'metrics', agent_id: 'a' }, present)).toEqual({ ok: true, rooms: ['agent:a'] });
    expect(unsubscribe({ channel: 'metrics' }, present)).toEqual({ ok: true, rooms: ['metrics', 'agent:a', 'agent:b'] });
    expect(unsubscribe({ channel: 'tasks' }, present)).toEqual({ ok: true, rooms: ['tasks'] });
    expect(unsubscribe('x', present)).toMatchObject({ ok: false });
  });
});
