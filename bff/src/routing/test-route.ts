import type { RouteTestAnswer, routeTestSchema } from '@fleetbeat/contracts/routing.ts';
import { severitySchema } from '@fleetbeat/contracts/alerts.ts';
import { inhibitedBy, mutedRoute, silencedBy } from '@fleetbeat/infra/routing/held-back.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import { groupLabels, walkRoutes } from '@fleetbeat/infra/routing/route-tree.ts';
import type * as z from 'zod';
import type { ReadQuery } from '../http/read-query.ts';
import type { ReachOf } from './escalations.ts';

export interface TestRouteParts {
  readonly query: ReadQuery;
  readonly readDefinitions: (at: number) => Promise<Definitions>;
  readonly createReachOf: (definitions: Definitions) => Promise<ReachOf>;
  readonly now: () => number;
}

/** Alerts that may explain others, at most. */
const MAX_SOURCES = 10_000;

/** What would become of an alert with some labels: which routes, who, when, and why. Nothing is changed, nobody is told. */
export function createTestRoute({ query, readDefinitions, createReachOf, now }: TestRouteParts) {
  return async ({ labels: given, at: asked }: z.output<typeof routeTestSchema>): Promise<RouteTestAnswer> => {
    const at = asked ?? now();
    const labels = { severity: 'error', ...given };
    const severity = severitySchema.catch('error').parse(labels.severity);
    const definitions = await readDefinitions(at);
    const reachOf = await createReachOf(definitions);
    const channelNames = await readChannelNames(query);
    const { taken, trace } = walkRoutes(definitions.defaultRoute, labels);

    const silence = silencedBy(labels, definitions.silences, at);
    const firing = await query<{ id: number; labels: Record<string, string> }>(
      'routes.sources',
      `select alert_id as id, labels from incident_alerts where state = 'firing' order by alert_id desc limit $1`,
      [MAX_SOURCES],
    );
    // The alert is none of those that fire: no id is its own.
    const cause = inhibitedBy({ id: -1, labels }, definitions.inhibitions, firing);
    const heldBack =
      silence !== undefined
        ? `silenced by ${silence.createdBy}: ${silence.silence.comment}`
        : cause === undefined
          ? null
          : `explained by ${cause.source.labels['alertname'] ?? 'another alert'}, ${cause.source.labels['key'] ?? ''} (${cause.inhibition.name})`;

    return {
      trace: trace.map(({ node, takes, why }) => ({ route_id: node.id, name: node.route.name, takes, why })),
      routes: taken.map(({ id, route, settings }, i) => {
        const policy = settings.escalation_id === null ? undefined : definitions.escalations.get(settings.escalation_id);
        return {
          route_id: id,
          name: route.name,
          makes_incident: i === taken.length - 1,
          group_labels: groupLabels(settings, labels),
          settings,
          channels: settings.channels.map((channel) => ({
            id: channel,
            name: channelNames.get(channel) ?? 'gone or switched off',
          })),
          escalation:
            policy === undefined || settings.escalation_id === null
              ? null
              : {
                  id: settings.escalation_id,
                  name: policy.name,
                  steps: policy.steps.map(({ after_s, targets }) => ({
                    after_s,
                    reaches: targets.map((target) => reachOf(target, at).who),
                  })),
                },
          held_back: heldBack ?? mutedRoute(settings, severity, at),
        };
      }),
    };
  };
}
export type TestRoute = ReturnType<typeof createTestRoute>;

async function readChannelNames(query: ReadQuery): Promise<Map<string, string>> {
  const rows = await query<{ id: string; name: string }>(
    'routes.channels',
    'select id, name from channels where enabled and deleted_at is null',
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}
