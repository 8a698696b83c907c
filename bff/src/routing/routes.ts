import * as z from 'zod';
import {
  calendarSchema,
  escalationSchema,
  MAX_CALENDAR_MS,
  onCallSchema,
  overrideSchema,
  schedulePreviewSchema,
  scheduleSchema,
  storedEscalationSchema,
  storedOverrideSchema,
  storedScheduleSchema,
  stretchSchema,
  type Escalation,
  type Schedule,
} from '@fleetbeat/contracts/on-call.ts';
import {
  DEFAULT_SETTINGS,
  inhibitionSchema,
  routeSchema,
  routeTestAnswerSchema,
  routeTestSchema,
  silenceSchema,
  silenceTestAnswerSchema,
  silenceTestSchema,
  storedInhibitionSchema,
  storedRouteSchema,
  storedSilenceSchema,
  type Inhibition,
  type Route as AlertRoute,
  type Silence,
} from '@fleetbeat/contracts/routing.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { calendarOf, onCallAt } from '@fleetbeat/infra/routing/on-call-calendar.ts';
import { readDefinitions, readOverrides } from '@fleetbeat/infra/routing/read-definitions.ts';
import { askerOf } from '../access/asker.ts';
import type { Change } from '../http/change.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { timeField } from '../http/time-range.ts';
import { INHIBITION_RULES, ROUTE_RULES } from './alert-routes.ts';
import { createDefinitionChanges } from './definition-changes.ts';
import { definitionRoutes } from './definition-routes.ts';
import { createDefinitionRows } from './definition-rows.ts';
import { createPresentEscalations, createReachOf, ESCALATION_RULES } from './escalations.ts';
import { createFindSchedule, createOverrideChanges, createPresentSchedules, SCHEDULE_RULES } from './schedules.ts';
import { createPresentSilences, createTestSilence, endSilence, SILENCE_RULES } from './silences.ts';
import { createTestRoute } from './test-route.ts';

export interface RoutingParts {
  readonly database: Database;
  readonly query: ReadQuery;
  readonly change: Change;
  readonly now: () => number;
}

/** Who is told about alerts: routes, inhibitions, silences, schedules and escalations. */
export function routingRoutes(parts: RoutingParts): Route[] {
  return [...alertRoutingRoutes(parts), ...scheduleRoutes(parts), ...escalationRoutes(parts)];
}

function alertRoutingRoutes({ database, query, change, now }: RoutingParts): Route[] {
  const testRoute = createTestRoute({
    query,
    readDefinitions: (at) => readDefinitions(database, at),
    createReachOf: (definitions) => createReachOf(query, definitions),
    now,
  });
  const testSilence = createTestSilence(query);
  return [
    route(
      'post',
      '/silences/test',
      {
        summary: 'Which firing alerts a silence with these matchers would hold back',
        description: 'Changes nothing.',
        body: silenceTestSchema,
        answer: silenceTestAnswerSchema,
      },
      async ({ body }) => ({ affects: await testSilence(body.matchers) }),
    ),
    // Before the route of a single one, whose id `test` would be.
    route(
      'post',
      '/routes/test',
      {
        summary: 'What would become of an alert with these labels, and why',
        description: 'Changes nothing and tells nobody.',
        body: routeTestSchema,
        answer: routeTestAnswerSchema,
      },
      async ({ body }) => testRoute(body),
    ),
    ...definitionRoutes({
      kind: 'route',
      body: routeSchema,
      answer: storedRouteSchema,
      rows: createDefinitionRows<AlertRoute>(query, 'route'),
      changes: createDefinitionChanges(change, now, ROUTE_RULES),
      async present(stored) {
        const { routes } = await readDefinitions(database, now());
        return stored.map((each) => ({ ...each, settings: routes.get(each.id)?.settings ?? DEFAULT_SETTINGS }));
      },
      summaries: { list: 'Routes of alerts', remove: 'Delete a route that has none below it' },
    }),
    ...definitionRoutes({
      kind: 'inhibition',
      body: inhibitionSchema,
      answer: storedInhibitionSchema,
      rows: createDefinitionRows<Inhibition>(query, 'inhibition'),
      changes: createDefinitionChanges(change, now, INHIBITION_RULES),
      present: (stored) => Promise.resolve([...stored]),
      summaries: { list: 'Which alerts explain which others', remove: 'Delete an inhibition' },
    }),
    ...definitionRoutes({
      kind: 'silence',
      body: silenceSchema,
      answer: storedSilenceSchema,
      rows: createDefinitionRows<Silence>(query, 'silence'),
      changes: createDefinitionChanges(change, now, SILENCE_RULES),
      present: createPresentSilences(query, now),
      summaries: {
        list: 'Silences and maintenance windows, the newest first, with the alerts that they fit',
        remove: 'End a silence; one that has not begun is gone',
      },
      instead: endSilence,
    }),
  ];
}

const scheduleParams = z.object({ schedule_id: idField });
function scheduleRoutes({ database, query, change, now }: RoutingParts): Route[] {
  const overrides = createOverrideChanges(change, now);
  const findSchedule = createFindSchedule(query);
  return [
    route(
      'post',
      '/schedules/preview',
      {
        summary: 'Who would be on call by a schedule that is not kept, gaps included',
        description: 'Changes nothing. Whether its users are there is not asked.',
        body: schedulePreviewSchema,
        answer: calendarSchema,
      },
      async ({ body: { definition, overrides: drafts, ...range } }) => {
        return {
          items: calendarOf(
            definition,
            drafts.map((draft, id) => ({ id, ...draft })),
            range,
          ),
        };
      },
    ),
    ...definitionRoutes({
      kind: 'schedule',
      body: scheduleSchema,
      answer: storedScheduleSchema,
      rows: createDefinitionRows<Schedule>(query, 'schedule'),
      changes: createDefinitionChanges(change, now, SCHEDULE_RULES),
      present: createPresentSchedules(() => readOverrides(database, now()), now),
      summaries: {
        list: 'On-call schedules, with who is on call now and their gaps',
        remove: 'Delete a schedule that no escalation needs',
      },
    }),
    route('get', '/on-call', { summary: 'Who is on call now, in every schedule', answer: onCallSchema }, async () => {
      const at = now();
      const { schedules } = await readDefinitions(database, at);
      const items = [...schedules].map(([id, { schedule, overrides: own }]) => {
        return { schedule_id: id, name: schedule.name, on_call: onCallAt(schedule, own, at) };
      });
      return { items };
    }),
    route(
      'get',
      '/schedules/{schedule_id}/on-call',
      {
        summary: 'Who is on call, and until when',
        params: scheduleParams,
        query: z.object({ at: timeField.optional().describe('Unset: now') }),
        answer: stretchSchema,
      },
      async ({ params: { schedule_id: id }, query: { at } }) => {
        const { definition, overrides: own } = await findSchedule(id);
        return onCallAt(definition, own, at ?? now());
      },
    ),
    route(
      'get',
      '/schedules/{schedule_id}/calendar',
      {
        summary: 'Who is on call in a range of at most 92 days, gaps included',
        params: scheduleParams,
        query: z.object({ from: timeField, to: timeField }),
        answer: calendarSchema,
      },
      async ({ params: { schedule_id: id }, query: range }) => {
        if (range.to <= range.from) throw new HttpProblem(400, 'invalid-query', 'to: must lie after from');
        if (range.to - range.from > MAX_CALENDAR_MS)
          throw new HttpProblem(400, 'invalid-query', 'to: at most 92 days after from');
        const { definition, overrides: own } = await findSchedule(id);
        return { items: calendarOf(definition, own, range) };
      },
    ),
    route(
      'post',
      '/schedules/{schedule_id}/overrides',
      {
        summary: 'Have somebody take over for a while',
        access: 'operate',
        params: scheduleParams,
        body: overrideSchema,
        answer: storedOverrideSchema,
        status: 201,
      },
      async ({ params: { schedule_id: id }, body, request, response }) => overrides.add(askerOf(request, response), id, body),
    ),
    route(
      'delete',
      '/schedules/{schedule_id}/overrides/{override_id}',
      {
        summary: 'Take an override back',
        access: 'operate',
        params: z.object({ schedule_id: idField, override_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
      },
      async ({ params: { schedule_id: id, override_id: overrideId }, request, response }) =>
        overrides.remove(askerOf(request, response), id, overrideId),
    ),
  ];
}

function escalationRoutes({ database, query, change, now }: RoutingParts): Route[] {
  return definitionRoutes({
    kind: 'escalation',
    body: escalationSchema,
    answer: storedEscalationSchema,
    rows: createDefinitionRows<Escalation>(query, 'escalation'),
    changes: createDefinitionChanges(change, now, ESCALATION_RULES),
    present: createPresentEscalations(async () => createReachOf(query, await readDefinitions(database, now())), now),
    summaries: {
      list: 'Escalations, with warnings about steps that reach nobody',
      remove: 'Delete an escalation that no route needs',
    },
  });
}
