import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { BacktestAlert } from '@fleetbeat/contracts/backtest.ts';
import { escalationSchema } from '@fleetbeat/contracts/on-call.ts';
import { inhibitionSchema, routeSchema, silenceSchema, type Route } from '@fleetbeat/contracts/routing.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import { buildRouteTree, routesById } from '@fleetbeat/infra/routing/route-tree.ts';
import { describe, expect, it } from 'vitest';
import { replayTelling, type TellingWorld } from './replay-telling.ts';

const S = 1_000;
const MINUTE = 60 * S;
const T = 1_800_000_000_000;

const WAKE = escalationSchema.parse({
  name: 'Wake',
  steps: [
    { after_s: 0, targets: [{ type: 'user', id: 'ann' }] },
    { after_s: 300, targets: [{ type: 'user', id: 'bob' }] },
  ],
  repeat: { times: 1, after_s: 600 },
});

function definitionsOf(route: Partial<Route>, more: Partial<Definitions> = {}): Definitions {
  const settings = { group_wait_s: 5, group_interval_s: 60, repeat_interval_s: 3_600, escalation_id: 'wake', channels: ['chat'] };
  const definition = routeSchema.parse({ name: 'Default', parent_id: null, ...settings, ...route });
  const defaultRoute = buildRouteTree([{ id: 'default', definition }]);
  return {
    defaultRoute,
    routes: routesById(defaultRoute),
    inhibitions: [],
    silences: [],
    schedules: new Map(),
    escalations: new Map([['wake', WAKE]]),
    ...more,
  };
}

function alert(key: string, firedS: number, resolvedS: number | null, severity: Severity = 'error'): BacktestAlert {
  const at = T + firedS * S;
  const resolved_at = resolvedS === null ? null : T + resolvedS * S;
  return { key, began_at: at, fired_at: at, resolved_at, severity, value: 1, levels: [{ at, severity, value: 1 }] };
}

async function told(definitions: Definitions, alerts: readonly BacktestAlert[], given: Partial<TellingWorld> = {}) {
  const labelsOf = (key: string, severity: Severity) => ({ alertname: 'Errors', key, severity });
  const world: TellingWorld = { definitions, labelsOf, othersAt: () => [], reaches: () => true, ...given };
  const outcome = await replayTelling(alerts, world, T + 24 * 60 * MINUTE, () => Promise.resolve());
  return {
    incidents: outcome.incidents,
    told: outcome.told.map((each) => `${(each.at - T) / S}: ${each.kind === 'call' ? each.target.id : each.channels.join()}`),
    heldBack: [...outcome.heldBack],
  };
}

describe('who would have been told', () => {
  it('an alert is told after the wait, called about step by step while it fires, and told to be over', async () => {
    expect(await told(definitionsOf({}), [alert('a', 0, 1_000)])).toEqual({
      incidents: 1,
      told: ['5: chat', '5: ann', '305: bob', '905: ann', '1025: chat'],
      heldBack: [],
    });
  });

  it('alerts of a group are one incident, and one that comes after a while is opened again', async () => {
    const alerts = [alert('a', 0, 100), alert('b', 2, 120), alert('c', 300, 310), alert('d', 5_000, 5_001)];
    // Nobody is told of one that is over before the wait is.
    expect(await told(definitionsOf({ escalation_id: null }), alerts)).toMatchObject({
      incidents: 2,
      told: ['5: chat', '125: chat', '305: chat', '365: chat'],
    });
  });

  it('where nobody can be called, the next is at once', async () => {
    const reaches: TellingWorld['reaches'] = ({ id }) => id !== 'ann';
    expect((await told(definitionsOf({ channels: [] }), [alert('a', 0, 100)], { reaches })).told).toEqual(['5: ann', '5: bob']);
  });

  it('nobody is told of what is silenced, explained or only info in quiet hours', async () => {
    const matchers = [{ label: 'key', value: 'a' }];
    const silence = silenceSchema.parse({ comment: 'Moving', matchers, ends_at: T + 120 * S });
    const silences = [{ id: '1', silence: { ...silence, starts_at: T - 1 }, createdBy: 'ann' }];
    // Told when the silence is over and it still fires.
    const silenced = await told(definitionsOf({}, { silences }), [alert('a', 0, 150), alert('b', 0, 50)]);
    expect(silenced.told).toEqual(['5: chat', '5: ann', '65: chat', '125: chat', '125: ann', '185: chat']);

    const inhibitions = [
      inhibitionSchema.parse({ name: 'Host down', source: [{ label: 'kind', value: 'x' }], target: matchers }),
    ];
    const othersAt = () => [{ id: 1, labels: { kind: 'x' } }];
    expect(await told(definitionsOf({}, { inhibitions }), [alert('a', 0, 90)], { othersAt })).toMatchObject({
      told: [],
      heldBack: [[0, 'explained: Host down']],
    });

    const quiet_hours = { time_zone: 'UTC', intervals: [{ from: '00:00', to: '24:00' }] };
    const quiet = definitionsOf({ quiet_hours });
    expect((await told(quiet, [alert('a', 0, 90, 'info')])).heldBack).toEqual([[0, 'quiet hours: it is only info']]);
    expect((await told(quiet, [alert('a', 0, 90, 'warning')])).told).toContain('5: ann');
  });
});
