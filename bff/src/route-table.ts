import type { Registry } from 'prom-client';
import type { Config } from '@fleetbeat/infra/config.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { createTargetRule } from '@fleetbeat/infra/net/target-rule.ts';
import { readDefinitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import { createMakeReport } from '@fleetbeat/infra/reports/dashboard-report.ts';
import { createQuerySeries } from '@fleetbeat/infra/series/query-series.ts';
import { createReadStatusTimeline } from '@fleetbeat/infra/status-timeline/read-status-timeline.ts';
import { tellLive } from '@fleetbeat/infra/tell-live.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import { accessRoutes } from './access/routes.ts';
import { createAgentChanges } from './agents/agent-changes.ts';
import { agentMetricsRoutes } from './agents/metrics-routes.ts';
import { createAgentsReadModel } from './agents/read-model.ts';
import { agentRoutes } from './agents/routes.ts';
import { createAcknowledge } from './alerts/acknowledge.ts';
import { createAlertsReadModel } from './alerts/read-model.ts';
import { alertRoutes } from './alerts/routes.ts';
import { createAnnotationChanges } from './annotations/annotation-changes.ts';
import { createAnnotationsReadModel } from './annotations/read-model.ts';
import { annotationRoutes } from './annotations/routes.ts';
import { createAuditReadModel } from './audit/read-model.ts';
import { auditRoutes } from './audit/routes.ts';
import { createCommentChanges } from './comments/comment-changes.ts';
import { createCommentsReadModel } from './comments/read-model.ts';
import { commentRoutes } from './comments/routes.ts';
import { createDashboardChanges } from './dashboards/dashboard-changes.ts';
import { createDashboardsReadModel } from './dashboards/read-model.ts';
import { reportRoutes } from './dashboards/report-route.ts';
import { createReportScheduleChanges } from './dashboards/report-schedule-changes.ts';
import { reportScheduleRoutes } from './dashboards/report-schedule-routes.ts';
import { createReportSchedulesReadModel } from './dashboards/report-schedules.ts';
import { dashboardRoutes } from './dashboards/routes.ts';
import { createChannelChanges } from './channels/channel-changes.ts';
import { createChannelsReadModel } from './channels/read-model.ts';
import { channelRoutes } from './channels/routes.ts';
import { createTryOut } from './channels/try-out.ts';
import { createDeadLettersReadModel } from './dead-letters/read-model.ts';
import { createReplay } from './dead-letters/replay.ts';
import { deadLetterRoutes } from './dead-letters/routes.ts';
import { createDeliveriesReadModel } from './deliveries/read-model.ts';
import { createReplay as createDeliveryReplay } from './deliveries/replay.ts';
import { deliveryRoutes } from './deliveries/routes.ts';
import { createEventsReadModel } from './events/read-model.ts';
import { eventRoutes } from './events/routes.ts';
import { fleetRoutes } from './fleet/routes.ts';
import { createHostsReadModel } from './hosts/read-model.ts';
import { hostRoutes } from './hosts/routes.ts';
import { unknownHost } from './hosts/unknown-host.ts';
import { createArchive } from './http/archive.ts';
import type { Announce } from './http/announce.ts';
import { API } from './http/app.ts';
import type { Change } from './http/change.ts';
import type { ReadQuery } from './http/read-query.ts';
import type { Route } from './http/route.ts';
import type { RangeOf } from './http/time-range.ts';
import { createIncidentChanges } from './incidents/incident-changes.ts';
import { createNextEscalations } from './incidents/next-escalations.ts';
import { createIncidentsReadModel } from './incidents/read-model.ts';
import { incidentRoutes } from './incidents/routes.ts';
import { createLabelsReadModel } from './labels/read-model.ts';
import { labelRoutes } from './labels/routes.ts';
import { ingestAddressRoutes } from './ingest-address/routes.ts';
import { createKeyChanges } from './keys/key-changes.ts';
import { createKeysReadModel } from './keys/read-model.ts';
import { keyRoutes } from './keys/routes.ts';
import type { ScreenLatency } from './live/screen-latency.ts';
import { modelRoutes } from './models/routes.ts';
import { withOpenApi } from './openapi/routes.ts';
import { createMarkRead } from './notifications/mark-read.ts';
import { createWritePreferences, readPreferences, type Listeners } from './notifications/preferences.ts';
import { createNotificationsReadModel } from './notifications/read-model.ts';
import { notificationRoutes } from './notifications/routes.ts';
import { createLatestPerformance, createRecentHosts } from './performance/read-model.ts';
import { performanceRoutes } from './performance/routes.ts';
import { createAgentLedger } from './pipeline/agent-ledger.ts';
import { createReadReconciled } from './pipeline/differences.ts';
import type { Ledger } from './pipeline/read-model.ts';
import { pipelineRoutes } from './pipeline/routes.ts';
import { createRequestErasure } from './privacy/erasure-changes.ts';
import { erasureRoutes } from './privacy/erasure-routes.ts';
import { createChangeRedaction } from './privacy/redaction-changes.ts';
import { redactionRoutes } from './privacy/redaction-routes.ts';
import { createReadRetention } from './retention/read-retention.ts';
import { retentionRoutes } from './retention/routes.ts';
import { createRecomputesReadModel } from './recompute/read-model.ts';
import { createRecomputeChanges } from './recompute/recompute-changes.ts';
import { recomputeRoutes } from './recompute/routes.ts';
import { createReachOf } from './routing/escalations.ts';
import { routingRoutes } from './routing/routes.ts';
import { csvRoutes } from './reports/csv-routes.ts';
import { createRunBacktest } from './rules/backtest/run-backtest.ts';
import { createRulesReadModel } from './rules/read-model.ts';
import { ruleRoutes } from './rules/routes.ts';
import { createRuleChanges } from './rules/rule-changes.ts';
import { seriesRoutes } from './series/routes.ts';
import { statusRoutes } from './status/routes.ts';
import { createAutoApprovalChanges } from './suggestions/auto-approval-changes.ts';
import { createOutcomes } from './suggestions/outcomes.ts';
import { createSuggestionsReadModel } from './suggestions/read-model.ts';
import { suggestionRoutes } from './suggestions/routes.ts';
import { createSuggestionChanges } from './suggestions/suggestion-changes.ts';
import { createDispatch } from './tasks/dispatch.ts';
import { dispatchRoutes } from './tasks/dispatch-routes.ts';
import { createTasksReadModel } from './tasks/read-model.ts';
import { taskRoutes } from './tasks/routes.ts';
import { createTaskChanges } from './tasks/task-changes.ts';
import { createReadTaskTotals } from './visualizations/task-totals.ts';
import { visualizationRoutes } from './visualizations/routes.ts';
import { webVitalRoutes } from './web-vitals/routes.ts';
import { createLinkSessions } from './access/link-sessions.ts';
import { createAttempts } from './access/attempts.ts';
import { accountRoutes } from './users/account-routes.ts';
import type { Auth } from './users/auth.ts';
import { createEndAccountSession, createForward } from './users/forward.ts';
import { createPasswordLinks } from './users/password-links.ts';
import { createUsersReadModel } from './users/read-model.ts';
import { peopleRoutes } from './users/people-routes.ts';
import { userRoutes } from './users/routes.ts';
import { signInRoutes } from './users/sign-in-routes.ts';
import { createUserChanges } from './users/user-changes.ts';
import { createReadLateWindows } from './windows/late-windows.ts';
import type { Watch } from './windows/watches.ts';
import { createScope } from '@fleetbeat/infra/series/scope.ts';
import type { ReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';
import { createWorkflowsReadModel } from './workflows/read-model.ts';
import { workflowRoutes } from './workflows/routes.ts';
import { createTemplateChanges } from './workflows/template-changes.ts';
import { templateRoutes } from './workflows/template-routes.ts';
import { createWorkflowChanges } from './workflows/workflow-changes.ts';

export interface RouteParts {
  config: Config;
  database: Database;
  eventLog: EventLog;
  timeSeries: TimeSeriesStore;
  registry: Registry;
  logger: Logger;
  query: ReadQuery;
  change: Change;
  rangeOf: RangeOf;
  readWindows: ReadWindows;
  readLedger: () => Promise<Ledger>;
  listeners: Listeners;
  watch: Watch;
  latency: ScreenLatency;
  probes: readonly Route[];
  auth: Auth;
  /** What is encrypted at rest is encrypted under it. */
  secret: string;
  now: () => number;
}

/** Every route of the REST API: what is not in this table is neither served nor documented. */
export function createRoutes(parts: RouteParts): Route[] {
  const { config, query } = parts;
  const agents = createAgentsReadModel(query, config.agentOfflineMs);
  const recentHosts = createRecentHosts(query);
  const scope = createScope(query, parts.readWindows, parts.watch);
  const announce: Announce = (news) => tellLive(parts.eventLog, parts.logger, news);
  const taskChanges = createTaskChanges({ ...parts, announce });
  const agentChanges = createAgentChanges(parts.change, parts.now);
  const hostArchive = createArchive(parts.change, parts.now, { type: 'host', table: 'hosts', unknown: unknownHost });
  const workflows = createWorkflowsReadModel(query, parts.now);
  const workflowChanges = createWorkflowChanges({ ...parts, announce });
  const readLateWindows = createReadLateWindows(query, parts.timeSeries, config.retention['1m'], parts.now);
  const nextEscalations = createNextEscalations({
    query,
    readDefinitions: () => readDefinitions(parts.database, parts.now()),
    createReachOf: (definitions) => createReachOf(query, definitions),
    now: parts.now,
  });
  const dashboards = createDashboardsReadModel(query);
  const offlineMs = { agent: config.agentOfflineMs, host: config.hostOfflineMs };
  const readStatus = createReadStatusTimeline(query, parts.readWindows, offlineMs, parts.now);
  const makeReport = createMakeReport({
    querySeries: (question, range, labels) => createQuerySeries(scope.reader(labels))(question, range),
    readStatus,
  });
  const routes = [
    ...parts.probes,
    ...accessAndUserRoutes(parts),
    ...agentRoutes(agents, agentChanges),
    ...agentMetricsRoutes({ ...parts, agents, readLateWindows }),
    ...eventRoutes(createEventsReadModel(query, parts.logger)),
    ...labelRoutes(createLabelsReadModel(query)),
    ...fleetRoutes({ ...parts, scope, readLateWindows }),
    ...modelRoutes({ ...parts, scope }),
    ...hostRoutes({ ...parts, hosts: createHostsReadModel(query, config.hostOfflineMs), archive: hostArchive }),
    ...performanceRoutes({ ...parts, recentHosts, latest: createLatestPerformance(query, config.hostOfflineMs) }),
    ...visualizationRoutes({ ...parts, scope, recentHosts, taskTotals: createReadTaskTotals(query) }),
    ...seriesRoutes({ ...parts, scope }),
    ...statusRoutes(readStatus, parts.rangeOf),
    ...annotationRoutes(createAnnotationsReadModel(query), createAnnotationChanges(parts.change, parts.now), parts.now),
    ...dashboardRoutes(dashboards, createDashboardChanges(parts.change)),
    ...reportRoutes({ ...parts, dashboards, makeReport }),
    ...reportScheduleRoutes(
      dashboards,
      createReportSchedulesReadModel(query),
      createReportScheduleChanges(parts.change, parts.now),
    ),
    ...taskRoutes(createTasksReadModel(query), taskChanges),
    ...dispatchRoutes(createDispatch({ ...parts, announce })),
    ...workflowRoutes(workflows, workflowChanges),
    ...templateRoutes(workflows, createTemplateChanges(parts.change, parts.now), workflowChanges),
    ...ruleRoutes(createRulesReadModel(query), createRuleChanges(parts.change), {
      ...parts,
      runBacktest: createRunBacktest(parts),
    }),
    ...alertRoutes(createAlertsReadModel(query), createAcknowledge(parts.change, parts.now)),
    ...incidentRoutes(
      createIncidentsReadModel(query, parts.database, nextEscalations),
      createIncidentChanges({ ...parts, announce, publicUrl: config.publicUrl }),
    ),
    ...commentRoutes(createCommentsReadModel(query), createCommentChanges({ ...parts, announce })),
    ...routingRoutes(parts),
    ...suggestionRoutes({
      suggestions: createSuggestionsReadModel(query),
      changes: createSuggestionChanges({
        ...parts,
        announce,
        updateTask: taskChanges.updateWithin,
        pauseAgent: agentChanges.pauseWithin,
        publicUrl: config.publicUrl,
      }),
      outcomes: createOutcomes(query, parts.now),
      setAutoApproval: createAutoApprovalChanges(parts.change, parts.now),
    }),
    ...notificationRoutes({
      list: createNotificationsReadModel(query, parts.now),
      markRead: createMarkRead({ ...parts, announce }),
      readPreferences: (owner) => readPreferences(query, owner),
      writePreferences: createWritePreferences(parts.change, parts.listeners),
    }),
    ...channelRoutes(
      createChannelsReadModel(query),
      createChannelChanges({ ...parts, targetRule: createTargetRule(config.notifyAllowPrivate) }),
      createTryOut({ ...parts, publicUrl: config.publicUrl }),
    ),
    ...deliveryRoutes(createDeliveriesReadModel(query), createDeliveryReplay(parts.change, parts.now)),
    ...auditRoutes(createAuditReadModel(query)),
    ...pipelineRoutes({
      ...parts,
      readReconciled: createReadReconciled(query),
      readAgentLedger: createAgentLedger(query, { ...parts, store: parts.timeSeries, retention: config.retention }),
    }),
    ...deadLetterRoutes(createDeadLettersReadModel(query), createReplay(parts)),
    ...recomputeRoutes(createRecomputesReadModel(query), createRecomputeChanges(parts)),
    ...redactionRoutes({ ...parts, changeRedaction: createChangeRedaction(parts.change, parts.now) }),
    ...erasureRoutes(query, createRequestErasure(parts)),
    ...retentionRoutes(createReadRetention(query, config.retention)),
    ...webVitalRoutes(parts.registry),
    ...ingestAddressRoutes(config),
  ];
  return withOpenApi([...routes, ...csvRoutes(routes, parts.now)], API);
}

function accessAndUserRoutes({ config, database, query, change, auth, now }: RouteParts): Route[] {
  const users = createUsersReadModel(query);
  const changes = createUserChanges(change);
  const forward = createForward(auth);
  const attempts = createAttempts();
  const links = createPasswordLinks({ change, publicUrl: config.publicUrl });
  const linkSessions = createLinkSessions({ database, secure: config.publicUrl.startsWith('https:') });
  return [
    ...accessRoutes({ database, linkSessions, endAccountSession: createEndAccountSession(forward) }),
    ...signInRoutes({
      forward,
      links,
      attempts,
      publicUrl: config.publicUrl,
      oidcName: config.oidc?.name ?? null,
      endLinkSession: linkSessions.end,
    }),
    ...accountRoutes({ users, changes, change, forward, attempts }),
    ...userRoutes(users, changes, links),
    ...peopleRoutes(users),
    ...keyRoutes(createKeysReadModel(query), createKeyChanges(change, now)),
  ];
}
