import { inhibitionSchema, settingsSchema, DEFAULT_SETTINGS, type Silence } from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { inhibitedBy, mutedRoute, silencedBy, silenceState } from './held-back.ts';

const at = (time: string) => Date.parse(time);
const NOW = at('2026-03-02T12:00:00Z');

function silence(given: Partial<Silence>): Silence {
  return {
    comment: 'work',
    matchers: [{ label: 'team', op: '=', value: 'search' }],
    starts_at: NOW - 1_000,
    ends_at: NOW + 1_000,
    times: null,
    ...given,
  };
}
const NIGHTS = { time_zone: 'Europe/Berlin', intervals: [{ from: '22:00', to: '06:00' }] };

describe('a silence', () => {
  it.each([
    ['active from its start', silence({ starts_at: NOW }), 'active'],
    ['pending before it', silence({ starts_at: NOW + 1 }), 'pending'],
    ['active until its end', silence({ ends_at: NOW + 1 }), 'active'],
    ['expired from its end on', silence({ ends_at: NOW }), 'expired'],
    ['recurring between its times', silence({ ends_at: null, times: NIGHTS }), 'recurring'],
    ['expired whatever its times', silence({ ends_at: NOW, times: NIGHTS }), 'expired'],
  ] as const)('is %s', (_, given, state) => {
    expect(silenceState(given, NOW)).toBe(state);
  });

  it('holds back what it fits while it is active', () => {
    const known = (given: Partial<Silence>) => [{ id: 's', silence: silence(given), createdBy: 'ann' }];
    const labels = { team: 'search' };
    expect(silencedBy(labels, known({}), NOW)?.id).toBe('s');
    expect(silencedBy({ team: 'ads' }, known({}), NOW)).toBeUndefined();
    expect(silencedBy(labels, known({ ends_at: NOW }), NOW)).toBeUndefined();
    const window = known({ ends_at: null, times: NIGHTS });
    expect(silencedBy(labels, window, NOW)).toBeUndefined();
    expect(silencedBy(labels, window, at('2026-03-02T21:00:00Z'))?.id).toBe('s');
    expect(silencedBy(labels, window, at('2026-03-03T05:00:00Z'))).toBeUndefined();
  });
});

describe('an inhibition', () => {
  const is = (label: string, value: string) => ({ label, value });
  const down = (given: Partial<z.input<typeof inhibitionSchema>> = {}) => [
    inhibitionSchema.parse({
      name: 'down',
      source: [is('set', 'host')],
      target: [is('set', 'agent')],
      equal: ['host'],
      ...given,
    }),
  ];
  const agent = { id: 1, labels: { set: 'agent', host: 'h1' } };
  const host = { id: 2, labels: { set: 'host', host: 'h1' } };

  it('explains a target by a source with the same labels', () => {
    expect(inhibitedBy(agent, down(), [host])?.source.id).toBe(2);
  });
  it.each([
    ['with another value', agent, [{ id: 2, labels: { set: 'host', host: 'h2' } }], down()],
    ['that does not fire', agent, [], down()],
    [
      'that is itself',
      { id: 1, labels: { set: 'x' } },
      [{ id: 1, labels: { set: 'x' } }],
      down({ source: [is('set', 'x')], target: [is('set', 'x')], equal: [] }),
    ],
    [
      'that fits both sides, where the target does too',
      { id: 1, labels: { set: 'x' } },
      [{ id: 2, labels: { set: 'x' } }],
      down({ source: [is('set', 'x')], target: [is('set', 'x')], equal: [] }),
    ],
    ['for what is no target', host, [{ id: 3, labels: { set: 'host', host: 'h1' } }], down()],
  ])('explains nothing by a source %s', (_, alert, firing, inhibitions) => {
    expect(inhibitedBy(alert, inhibitions, firing)).toBeUndefined();
  });
  it('takes a label that neither has for the same', () => {
    expect(inhibitedBy({ id: 1, labels: { set: 'agent' } }, down(), [{ id: 2, labels: { set: 'host' } }])?.source.id).toBe(2);
  });
});

describe('a route', () => {
  const settings = settingsSchema.parse({ ...DEFAULT_SETTINGS, quiet_hours: NIGHTS });
  const night = at('2026-03-02T23:00:00Z');
  it.each([
    ['keeps info back in quiet hours', settings, 'info', night, 'quiet hours: it is only info'],
    ['tells warnings in quiet hours', settings, 'warning', night, null],
    ['tells info at other times', settings, 'info', NOW, null],
    ['tells nothing while mute', { ...settings, mute: settings.quiet_hours }, 'error', night, 'the route is mute at this time'],
    ['tells errors when it is not mute', { ...settings, mute: settings.quiet_hours }, 'error', NOW, null],
  ] as const)('%s', (_, route, severity, now, reason) => {
    expect(mutedRoute(route, severity, now)).toBe(reason);
  });
});
