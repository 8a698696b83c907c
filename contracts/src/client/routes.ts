/**
 * What every route of the API takes and answers, made from the table of routes: do not edit. After a change of a route
 *
 *     npx vitest run --project servers bff/src/openapi -u
 *
 * makes it anew.
 */
import type * as z from 'zod';
import type * as agentInput from '../agent-input.ts';
import type * as alerts from '../alerts.ts';
import type * as annotations from '../annotations.ts';
import type * as api from '../api.ts';
import type * as audit from '../audit.ts';
import type * as backtest from '../backtest.ts';
import type * as channels from '../channels.ts';
import type * as comments from '../comments.ts';
import type * as dashboards from '../dashboards.ts';
import type * as delivery from '../delivery.ts';
import type * as erasures from '../erasures.ts';
import type * as incidents from '../incidents.ts';
import type * as latencyHeatmap from '../latency-heatmap.ts';
import type * as movers from '../movers.ts';
import type * as notificationPreferences from '../notification-preferences.ts';
import type * as onCall from '../on-call.ts';
import type * as recompute from '../recompute.ts';
import type * as redaction from '../redaction.ts';
import type * as reports from '../reports.ts';
import type * as retention from '../retention.ts';
import type * as routing from '../routing.ts';
import type * as rules from '../rules.ts';
import type * as statusTimeline from '../status-timeline.ts';
import type * as suggestions from '../suggestions.ts';
import type * as taskInput from '../task-input.ts';
import type * as taskLeases from '../task-leases.ts';
import type * as tasks from '../tasks.ts';
import type * as users from '../users.ts';
import type * as workflows from '../workflows.ts';

type OneOrMore<T> = T | readonly T[];

export interface Routes {
  /** Whether this process lives */
  'get /health': { answer: { status: 'ok' } };
  /** Whether every engine can be used */
  'get /ready': { answer: z.output<typeof api.readySchema> };
  /** Who one is */
  'get /session': {
    answer: { signed_in: boolean; id: string | null; name: string | null; scopes: ('ingest' | 'read' | 'operate' | 'admin')[] };
  };
  /** Sign in with the token of a one-time link */
  'post /session': {
    body: { token: string };
    answer: { signed_in: boolean; name: string | null; scopes: ('ingest' | 'read' | 'operate' | 'admin')[] };
  };
  /** Sign out */
  'delete /session': { answer: undefined };
  /** A ticket that opens one socket within 30 seconds */
  'post /tickets': { answer: { ticket: string; expires_at: number } };
  /** How one can sign in */
  'get /auth/providers': { answer: { password: true; oidc: { name: string } | null } };
  /** Sign in with e-mail address and password */
  'post /auth/sign-in': {
    body: { email: z.input<typeof users.emailSchema>; password: string };
    answer: { signed_in: boolean; second_factor: boolean };
  };
  /** Sign in with a code, after the password */
  'post /auth/second-factor': {
    body: { code: string; backup?: boolean };
    answer: { signed_in: boolean; second_factor: boolean };
  };
  /** Set the password that a link is for */
  'post /auth/password': { body: { token: string; password: string }; answer: { email: string } };
  /** Where the identity provider signs one in: send the browser there */
  'post /auth/oidc': { answer: { url: string } };
  /** Where the identity provider sends browsers back to */
  'get /auth/callback/oidc': {
    query: { code?: string; state?: string; iss?: string; error?: string; error_description?: string };
    answer: undefined;
  };
  /** Who one is */
  'get /me': {
    answer: {
      id: string;
      name: string;
      scopes: z.output<typeof users.scopeSchema>[];
      by: 'key' | 'session' | 'ticket';
      account: { email: string; role: 'viewer' | 'operator' | 'admin'; two_factor_enabled: boolean } | null;
    };
  };
  /** Change the own name */
  'patch /me': {
    body: { name: string };
    answer: {
      id: string;
      name: string;
      scopes: z.output<typeof users.scopeSchema>[];
      by: 'key' | 'session' | 'ticket';
      account: { email: string; role: 'viewer' | 'operator' | 'admin'; two_factor_enabled: boolean } | null;
    };
  };
  /** Change the own password; signs out everywhere else */
  'post /me/password': { body: { current_password: string; new_password: string }; answer: undefined };
  /** Begin to use an authenticator app */
  'post /me/second-factor': { body: { password: string }; answer: { totp_uri: string; backup_codes: string[] } };
  /** The first code of an authenticator app */
  'post /me/second-factor/confirm': { body: { code: string }; answer: undefined };
  /** Go without a second factor */
  'post /me/second-factor/end': { body: { password: string }; answer: undefined };
  /** Where one is signed in */
  'get /me/sessions': { answer: { items: z.output<typeof users.userSessionSchema>[] } };
  /** Sign out everywhere else */
  'delete /me/sessions': { answer: undefined };
  /** Sign out in one place */
  'delete /me/sessions/{session_id}': { params: { session_id: string }; answer: undefined };
  /** People with an account, by e-mail address */
  'get /users': {
    query: { q?: string; role?: 'viewer' | 'operator' | 'admin'; limit?: number; cursor?: string };
    answer: { items: z.output<typeof users.userSchema>[]; next_cursor: string | null };
  };
  /** One user */
  'get /users/{user_id}': { params: { user_id: string }; answer: z.output<typeof users.userSchema> };
  /** Change a role, disable somebody, or take away a second factor that was lost */
  'patch /users/{user_id}': {
    params: { user_id: string };
    body: z.input<typeof users.userPatchSchema>;
    answer: z.output<typeof users.userSchema>;
  };
  /** Delete an account */
  'delete /users/{user_id}': { params: { user_id: string }; answer: undefined };
  /** A link by which somebody sets another password, once within a day */
  'post /users/{user_id}/password-link': { params: { user_id: string }; answer: z.output<typeof users.passwordLinkSchema> };
  /** Where somebody is signed in */
  'get /users/{user_id}/sessions': { params: { user_id: string }; answer: { items: z.output<typeof users.userSessionSchema>[] } };
  /** Sign somebody out everywhere */
  'delete /users/{user_id}/sessions': { params: { user_id: string }; answer: undefined };
  /** Who is invited */
  'get /invitations': { answer: { items: z.output<typeof users.invitationSchema>[] } };
  /** A link by which somebody becomes a user, once within 7 days */
  'post /invitations': { body: z.input<typeof users.invitationInputSchema>; answer: z.output<typeof users.passwordLinkSchema> };
  /** Withdraw an invitation */
  'delete /invitations/{email}': { params: { email: z.input<typeof users.emailSchema> }; answer: undefined };
  /** People with an account, by e-mail address: no more than who they are */
  'get /people': {
    query: { q?: string; limit?: number; cursor?: string };
    answer: { items: z.output<typeof users.personSchema>[]; next_cursor: string | null };
  };
  /** API keys that are and were, the newest first */
  'get /keys': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof users.apiKeySchema>[]; next_cursor: string | null };
  };
  /** Make an API key */
  'post /keys': { body: z.input<typeof users.apiKeyInputSchema>; answer: z.output<typeof users.newApiKeySchema> };
  /** Replace a key by another of the same id */
  'post /keys/{key_id}/rotate': {
    params: { key_id: string };
    body: z.input<typeof users.apiKeyRotationSchema>;
    answer: z.output<typeof users.newApiKeySchema>;
  };
  /** Revoke a key */
  'delete /keys/{key_id}': { params: { key_id: string }; answer: undefined };
  /** Agents */
  'get /agents': {
    query: {
      status?: 'online' | 'busy' | 'offline';
      q?: string;
      host_id?: string;
      label?: OneOrMore<string>;
      tag?: OneOrMore<string>;
      archived?: 'true' | 'false';
      sort?:
        'agent_id' | 'name' | 'status' | 'last_seen' | 'total_messages' | 'total_errors' | 'error_rate' | 'total_tokens_used';
      direction?: 'asc' | 'desc';
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof api.agentSchema>[]; next_cursor: string | null };
  };
  /** One agent */
  'get /agents/{agent_id}': { params: { agent_id: string }; answer: z.output<typeof api.agentSchema> };
  /** Name, tag, annotate or pause an agent */
  'patch /agents/{agent_id}': {
    params: { agent_id: string };
    body: z.input<typeof agentInput.agentPatchSchema>;
    answer: z.output<typeof api.agentSchema>;
  };
  /** Archive an agent */
  'post /agents/{agent_id}/archive': { params: { agent_id: string }; answer: z.output<typeof api.agentSchema> };
  /** Take an agent out of the archive */
  'post /agents/{agent_id}/unarchive': { params: { agent_id: string }; answer: z.output<typeof api.agentSchema> };
  /** Measures of one agent */
  'get /agents/{agent_id}/metrics': {
    params: { agent_id: string };
    query: { from?: string; to?: string; step?: string; late?: 'true' | 'false' };
    answer: z.output<typeof api.metricsSchema>;
  };
  /** Raw events of the fleet */
  'get /events': {
    query: {
      message_type?: 'user_message' | 'agent_response' | 'tool_call' | 'error' | 'feedback' | 'heartbeat';
      session_id?: string;
      from?: string;
      to?: string;
      q?: string;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof api.storedEventSchema>[]; next_cursor: string | null };
  };
  /** Raw events of one agent */
  'get /agents/{agent_id}/events': {
    params: { agent_id: string };
    query: {
      message_type?: 'user_message' | 'agent_response' | 'tool_call' | 'error' | 'feedback' | 'heartbeat';
      session_id?: string;
      from?: string;
      to?: string;
      q?: string;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof api.storedEventSchema>[]; next_cursor: string | null };
  };
  /** Sessions of one agent */
  'get /agents/{agent_id}/sessions': {
    params: { agent_id: string };
    query: { from?: string; to?: string; limit?: number };
    answer: z.output<typeof api.agentSessionsSchema>;
  };
  /** Labels that agents and hosts carry, and by how many each */
  'get /labels': { answer: { items: z.output<typeof api.carriedLabelSchema>[] } };
  /** Measures of the whole fleet, or of what carries labels */
  'get /fleet/metrics': {
    query: { from?: string; to?: string; step?: string; late?: 'true' | 'false'; label?: OneOrMore<string> };
    answer: z.output<typeof api.metricsSchema>;
  };
  /** What changed most against the equally long stretch of time before */
  'get /movers': {
    query: { from?: string; to?: string; label?: OneOrMore<string> };
    answer: z.output<typeof movers.moversSchema>;
  };
  /** Measures by model, the one with the most messages first */
  'get /models/metrics': {
    query: { from?: string; to?: string; step?: string; label?: OneOrMore<string> };
    answer: z.output<typeof api.modelMetricsSchema>;
  };
  /** Hosts */
  'get /hosts': {
    query: {
      status?: 'online' | 'offline';
      q?: string;
      label?: OneOrMore<string>;
      archived?: 'true' | 'false';
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof api.hostSchema>[]; next_cursor: string | null };
  };
  /** One host */
  'get /hosts/{host_id}': { params: { host_id: string }; answer: z.output<typeof api.hostSchema> };
  /** Archive a host */
  'post /hosts/{host_id}/archive': { params: { host_id: string }; answer: z.output<typeof api.hostSchema> };
  /** Take a host out of the archive */
  'post /hosts/{host_id}/unarchive': { params: { host_id: string }; answer: z.output<typeof api.hostSchema> };
  /** Gauges of one host */
  'get /hosts/{host_id}/metrics': {
    params: { host_id: string };
    query: { from?: string; to?: string; step?: string };
    answer: z.output<typeof api.hostMetricsSchema>;
  };
  /** CPU, memory and disk: the newest means over hosts, and their history */
  'get /performance': {
    query: { from?: string; to?: string; step?: string; label?: OneOrMore<string> };
    answer: z.output<typeof api.performanceSchema>;
  };
  /** Task completion rates and performance trends as chart-ready series */
  'get /visualizations': {
    query: { from?: string; to?: string; step?: string; label?: OneOrMore<string> };
    answer: z.output<typeof api.visualizationsSchema>;
  };
  /** Any measures of some keys, by window and over the whole range */
  'get /series': {
    query: {
      set: 'fleet' | 'model' | 'agent' | 'host';
      key?: OneOrMore<string>;
      measure: OneOrMore<z.input<typeof dashboards.seriesMeasureSchema>>;
      label?: OneOrMore<string>;
      from?: string;
      to?: string;
      step?: string;
    };
    answer: z.output<typeof dashboards.seriesAnswerSchema>;
  };
  /** How response times spread: counts by window and by bucket of duration */
  'get /latency-heatmap': {
    query: {
      set?: 'fleet' | 'agent' | 'model';
      key?: string;
      label?: OneOrMore<string>;
      from?: string;
      to?: string;
      step?: string;
    };
    answer: z.output<typeof latencyHeatmap.latencyHeatmapSchema>;
  };
  /** How agents or hosts were over time, and which alerts were about them */
  'get /status-timeline': {
    query: {
      set: 'agent' | 'host';
      key: OneOrMore<string>;
      label?: OneOrMore<string>;
      from?: string;
      to?: string;
      step?: string;
    };
    answer: z.output<typeof statusTimeline.statusTimelineSchema>;
  };
  /** What was marked on charts, the newest first */
  'get /annotations': {
    query: { from?: string; to?: string; tag?: string; label?: OneOrMore<string>; limit?: number; cursor?: string };
    answer: { items: z.output<typeof annotations.annotationSchema>[]; next_cursor: string | null };
  };
  /** Mark a moment or a stretch of time on charts */
  'post /annotations': {
    body: z.input<typeof annotations.annotationInputSchema>;
    answer: z.output<typeof annotations.annotationSchema>;
  };
  /** Delete an annotation */
  'delete /annotations/{annotation_id}': { params: { annotation_id: number }; answer: undefined };
  /** Annotations and incidents of a range, as charts mark them */
  'get /chart-marks': {
    query: { from?: string; to?: string; label?: OneOrMore<string> };
    answer: { items: z.output<typeof annotations.chartMarkSchema>[]; more: boolean };
  };
  /** Dashboards that people have built, by name */
  'get /dashboards': {
    query: { q?: string; limit?: number; cursor?: string };
    answer: { items: z.output<typeof dashboards.dashboardSummarySchema>[]; next_cursor: string | null };
  };
  /** Add a dashboard */
  'post /dashboards': {
    body: z.input<typeof dashboards.dashboardInputSchema>;
    answer: z.output<typeof dashboards.dashboardSchema>;
  };
  /** One dashboard, with its ETag */
  'get /dashboards/{dashboard_id}': { params: { dashboard_id: string }; answer: z.output<typeof dashboards.dashboardSchema> };
  /** Replace what a dashboard shows */
  'put /dashboards/{dashboard_id}': {
    params: { dashboard_id: string };
    body: z.input<typeof dashboards.dashboardInputSchema>;
    answer: z.output<typeof dashboards.dashboardSchema>;
  };
  /** Delete a dashboard */
  'delete /dashboards/{dashboard_id}': { params: { dashboard_id: string }; answer: undefined };
  /** A dashboard as PDF: vector charts and text that can be selected */
  'get /dashboards/{dashboard_id}/report.pdf': {
    params: { dashboard_id: string };
    query: {
      from?: string;
      to?: string;
      step?: string;
      label?: OneOrMore<string>;
      time_zone?: string;
      variable?: OneOrMore<string>;
    };
    answer: string;
  };
  /** When a dashboard is mailed as PDF, and to whom; at most 20, the oldest change first */
  'get /dashboards/{dashboard_id}/report-schedules': {
    params: { dashboard_id: string };
    answer: { items: z.output<typeof reports.reportScheduleSchema>[] };
  };
  /** Mail a dashboard as PDF again and again */
  'post /dashboards/{dashboard_id}/report-schedules': {
    params: { dashboard_id: string };
    body: z.input<typeof reports.reportScheduleInputSchema>;
    answer: z.output<typeof reports.reportScheduleSchema>;
  };
  /** One schedule, with its ETag */
  'get /dashboards/{dashboard_id}/report-schedules/{schedule_id}': {
    params: { dashboard_id: string; schedule_id: string };
    answer: z.output<typeof reports.reportScheduleSchema>;
  };
  /** Replace when a dashboard is mailed, and to whom */
  'put /dashboards/{dashboard_id}/report-schedules/{schedule_id}': {
    params: { dashboard_id: string; schedule_id: string };
    body: z.input<typeof reports.reportScheduleInputSchema>;
    answer: z.output<typeof reports.reportScheduleSchema>;
  };
  /** Mail a dashboard no more */
  'delete /dashboards/{dashboard_id}/report-schedules/{schedule_id}': {
    params: { dashboard_id: string; schedule_id: string };
    answer: undefined;
  };
  /** Mail it once now, besides when it is due */
  'post /dashboards/{dashboard_id}/report-schedules/{schedule_id}/send': {
    params: { dashboard_id: string; schedule_id: string };
    answer: z.output<typeof reports.reportScheduleSchema>;
  };
  /** Tasks */
  'get /tasks': {
    query: {
      status?: OneOrMore<z.input<typeof taskInput.taskStatusInputSchema>>;
      priority?: 'high' | 'medium' | 'low';
      workflow_id?: string;
      agent_id?: string;
      label?: OneOrMore<string>;
      q?: string;
      sort?: 'created_at' | 'updated_at' | 'due_date' | 'priority' | 'name';
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof tasks.taskSchema>[]; next_cursor: string | null };
  };
  /** How many tasks there are of each status */
  'get /task-counts': {
    query: {
      status?: OneOrMore<z.input<typeof taskInput.taskStatusInputSchema>>;
      priority?: 'high' | 'medium' | 'low';
      workflow_id?: string;
      agent_id?: string;
      label?: OneOrMore<string>;
      q?: string;
    };
    answer: z.output<typeof tasks.taskCountsSchema>;
  };
  /** One task, with its ETag */
  'get /tasks/{task_id}': { params: { task_id: string }; answer: z.output<typeof tasks.taskSchema> };
  /** Make a task */
  'post /tasks': { body: z.input<typeof taskInput.newTaskSchema>; answer: z.output<typeof tasks.taskSchema> };
  /** Replace what can be set of a task */
  'put /tasks/{task_id}': {
    params: { task_id: string };
    body: z.input<typeof taskInput.taskReplacementSchema>;
    answer: z.output<typeof tasks.taskSchema>;
  };
  /** Change some fields of a task */
  'patch /tasks/{task_id}': {
    params: { task_id: string };
    body: z.input<typeof taskInput.taskPatchSchema>;
    answer: z.output<typeof tasks.taskSchema>;
  };
  /** Delete a task */
  'delete /tasks/{task_id}': { params: { task_id: string }; answer: undefined };
  /** Give an agent tasks that are ready */
  'post /agents/{agent_id}/tasks/claim': {
    params: { agent_id: string };
    body: z.input<typeof taskLeases.claimSchema>;
    answer: z.output<typeof taskLeases.claimedSchema>;
  };
  /** Keep a claimed task */
  'post /agents/{agent_id}/tasks/{task_id}/heartbeat': {
    params: { agent_id: string; task_id: string };
    body: z.input<typeof taskLeases.leaseHeartbeatSchema>;
    answer: z.output<typeof taskLeases.leaseSchema>;
  };
  /** Complete a claimed task */
  'post /agents/{agent_id}/tasks/{task_id}/complete': {
    params: { agent_id: string; task_id: string };
    body: z.input<typeof taskLeases.completionSchema>;
    answer: z.output<typeof tasks.taskSchema>;
  };
  /** Report that an attempt came to nothing */
  'post /agents/{agent_id}/tasks/{task_id}/fail': {
    params: { agent_id: string; task_id: string };
    body: z.input<typeof taskLeases.failureSchema>;
    answer: z.output<typeof tasks.taskSchema>;
  };
  /** Give a claimed task back, as if it had never been claimed */
  'post /agents/{agent_id}/tasks/{task_id}/release': {
    params: { agent_id: string; task_id: string };
    body: z.input<typeof taskLeases.releaseSchema>;
    answer: z.output<typeof tasks.taskSchema>;
  };
  /** Workflows, the newest first */
  'get /workflows': {
    query: {
      status?: 'running' | 'completed' | 'failed' | 'cancelled';
      template_id?: string;
      q?: string;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof workflows.workflowSchema>[]; next_cursor: string | null };
  };
  /** One workflow, with its ETag */
  'get /workflows/{workflow_id}': { params: { workflow_id: string }; answer: z.output<typeof workflows.workflowSchema> };
  /** What was done when: the rows and bars of a Gantt chart */
  'get /workflows/{workflow_id}/timeline': { params: { workflow_id: string }; answer: z.output<typeof workflows.timelineSchema> };
  /** Make a workflow, and its tasks with it */
  'post /workflows': { body: z.input<typeof workflows.newWorkflowSchema>; answer: z.output<typeof workflows.workflowSchema> };
  /** Name or describe a workflow */
  'patch /workflows/{workflow_id}': {
    params: { workflow_id: string };
    body: z.input<typeof workflows.workflowPatchSchema>;
    answer: z.output<typeof workflows.workflowSchema>;
  };
  /** Cancel a workflow and whatever of its tasks has not ended */
  'post /workflows/{workflow_id}/cancel': { params: { workflow_id: string }; answer: z.output<typeof workflows.workflowSchema> };
  /** Delete a workflow that is over */
  'delete /workflows/{workflow_id}': { params: { workflow_id: string }; answer: undefined };
  /** Templates of workflows, the newest first */
  'get /workflow-templates': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof workflows.templateSchema>[]; next_cursor: string | null };
  };
  /** One template, with its ETag */
  'get /workflow-templates/{template_id}': { params: { template_id: string }; answer: z.output<typeof workflows.templateSchema> };
  /** Make a template */
  'post /workflow-templates': {
    body: z.input<typeof workflows.templateInputSchema>;
    answer: z.output<typeof workflows.templateSchema>;
  };
  /** Replace a template; runs that have begun stay as they are */
  'put /workflow-templates/{template_id}': {
    params: { template_id: string };
    body: z.input<typeof workflows.templateInputSchema>;
    answer: z.output<typeof workflows.templateSchema>;
  };
  /** Delete a template; its runs stay */
  'delete /workflow-templates/{template_id}': { params: { template_id: string }; answer: undefined };
  /** Runs of a template, the newest first */
  'get /workflow-templates/{template_id}/runs': {
    params: { template_id: string };
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof workflows.workflowSchema>[]; next_cursor: string | null };
  };
  /** Start a run: a workflow with all tasks of the template */
  'post /workflow-templates/{template_id}/runs': {
    params: { template_id: string };
    body: z.input<typeof workflows.runTemplateSchema>;
    answer: z.output<typeof workflows.workflowSchema>;
  };
  /** Alerting rules by name, with what they do now */
  'get /rules': {
    query: { q?: string; limit?: number; cursor?: string };
    answer: { items: z.output<typeof rules.storedRuleSchema>[]; next_cursor: string | null };
  };
  /** Add a rule */
  'post /rules': { body: z.input<typeof rules.ruleSchema>; answer: z.output<typeof rules.storedRuleSchema> };
  /** All rules as a YAML file */
  'get /rules/export': { answer: string };
  /** Bring the rules of a YAML file in, all or none */
  'post /rules/import': {
    query: { dry_run?: 'true' | 'false' };
    body: string;
    answer: z.output<typeof rules.rulesImportedSchema>;
  };
  /** What a rule would have done over stored history */
  'post /rules/backtest': {
    body: z.input<typeof backtest.backtestSchema>;
    answer: z.output<typeof backtest.backtestAnswerSchema>;
  };
  /** What a rule has been, the newest version first */
  'get /rules/{rule_id}/versions': {
    params: { rule_id: string };
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof rules.ruleVersionSchema>[]; next_cursor: string | null };
  };
  /** One rule, with its ETag */
  'get /rules/{rule_id}': { params: { rule_id: string }; answer: z.output<typeof rules.storedRuleSchema> };
  /** Change a rule */
  'patch /rules/{rule_id}': {
    params: { rule_id: string };
    body: Record<string, unknown>;
    answer: z.output<typeof rules.storedRuleSchema>;
  };
  /** Delete a rule; its alerts end */
  'delete /rules/{rule_id}': { params: { rule_id: string }; answer: undefined };
  /** Alerts, the newest first */
  'get /alerts': {
    query: {
      state?: OneOrMore<'pending' | 'firing' | 'resolved'>;
      severity?: 'info' | 'warning' | 'error';
      rule_id?: string;
      key?: string;
      label?: OneOrMore<string>;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof alerts.alertSchema>[]; next_cursor: string | null };
  };
  /** Take care of an alert */
  'post /alerts/{alert_id}/acknowledge': { params: { alert_id: number }; answer: z.output<typeof alerts.alertSchema> };
  /** Incidents, the newest first */
  'get /incidents': {
    query: {
      status?: OneOrMore<'open' | 'acknowledged' | 'resolved'>;
      severity?: 'info' | 'warning' | 'error';
      assigned_to?: string;
      agent_id?: string;
      host_id?: string;
      task_id?: string;
      alert_id?: number;
      q?: string;
      label?: OneOrMore<string>;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof incidents.incidentSchema>[]; next_cursor: string | null };
  };
  /** One incident with its alerts, and its ETag */
  'get /incidents/{incident_id}': { params: { incident_id: number }; answer: z.output<typeof incidents.incidentDetailSchema> };
  /** What happened to an incident, in order: every decision with its reason, and what was delivered */
  'get /incidents/{incident_id}/timeline': {
    params: { incident_id: number };
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof incidents.timelineEntrySchema>[]; next_cursor: string | null };
  };
  /** Take care of an incident: nobody else is called */
  'post /incidents/{incident_id}/acknowledge': {
    params: { incident_id: number };
    answer: z.output<typeof incidents.incidentDetailSchema>;
  };
  /** Call the next step of its escalation now, and not at its time */
  'post /incidents/{incident_id}/escalate': {
    params: { incident_id: number };
    answer: z.output<typeof incidents.incidentDetailSchema>;
  };
  /** Call an incident over, whatever its alerts do */
  'post /incidents/{incident_id}/resolve': {
    params: { incident_id: number };
    answer: z.output<typeof incidents.incidentDetailSchema>;
  };
  /** Open an incident again that somebody has called over */
  'post /incidents/{incident_id}/reopen': {
    params: { incident_id: number };
    answer: z.output<typeof incidents.incidentDetailSchema>;
  };
  /** Give an incident to somebody */
  'post /incidents/{incident_id}/assign': {
    params: { incident_id: number };
    body: z.input<typeof incidents.assignSchema>;
    answer: z.output<typeof incidents.incidentDetailSchema>;
  };
  /** Put an incident off: nobody is told until then */
  'post /incidents/{incident_id}/snooze': {
    params: { incident_id: number };
    body: z.input<typeof incidents.snoozeSchema>;
    answer: z.output<typeof incidents.incidentDetailSchema>;
  };
  /** What people and agents say about tasks, suggestions and incidents */
  'get /comments': {
    query: {
      entity_type?: 'task' | 'suggestion' | 'incident';
      entity_id?: string;
      author_id?: string;
      order?: 'asc' | 'desc';
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof comments.commentSchema>[]; next_cursor: string | null };
  };
  /** Say something about a task, a suggestion or an incident */
  'post /comments': { body: z.input<typeof comments.newCommentSchema>; answer: z.output<typeof comments.commentSchema> };
  /** As an agent, say something about a task, a suggestion or an incident */
  'post /agents/{agent_id}/comments': {
    params: { agent_id: string };
    body: z.input<typeof comments.newCommentSchema>;
    answer: z.output<typeof comments.commentSchema>;
  };
  /** Say something about an incident */
  'post /incidents/{incident_id}/comments': {
    params: { incident_id: number };
    body: z.input<typeof comments.saidSchema>;
    answer: undefined;
  };
  /** Change what you have said */
  'patch /comments/{comment_id}': {
    params: { comment_id: number };
    body: z.input<typeof comments.saidSchema>;
    answer: z.output<typeof comments.commentSchema>;
  };
  /** Delete what you have said; admins, what anybody has */
  'delete /comments/{comment_id}': { params: { comment_id: number }; answer: undefined };
  /** Which firing alerts a silence with these matchers would hold back */
  'post /silences/test': {
    body: z.input<typeof routing.silenceTestSchema>;
    answer: z.output<typeof routing.silenceTestAnswerSchema>;
  };
  /** What would become of an alert with these labels, and why */
  'post /routes/test': { body: z.input<typeof routing.routeTestSchema>; answer: z.output<typeof routing.routeTestAnswerSchema> };
  /** Routes of alerts */
  'get /routes': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof routing.storedRouteSchema>[]; next_cursor: string | null };
  };
  /** Add a route */
  'post /routes': { body: z.input<typeof routing.routeSchema>; answer: z.output<typeof routing.storedRouteSchema> };
  /** One route, with its ETag */
  'get /routes/{route_id}': { params: { route_id: string }; answer: z.output<typeof routing.storedRouteSchema> };
  /** Replace a route */
  'put /routes/{route_id}': {
    params: { route_id: string };
    body: z.input<typeof routing.routeSchema>;
    answer: z.output<typeof routing.storedRouteSchema>;
  };
  /** Delete a route that has none below it */
  'delete /routes/{route_id}': { params: { route_id: string }; answer: undefined };
  /** Which alerts explain which others */
  'get /inhibitions': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof routing.storedInhibitionSchema>[]; next_cursor: string | null };
  };
  /** Add a inhibition */
  'post /inhibitions': {
    body: z.input<typeof routing.inhibitionSchema>;
    answer: z.output<typeof routing.storedInhibitionSchema>;
  };
  /** One inhibition, with its ETag */
  'get /inhibitions/{inhibition_id}': {
    params: { inhibition_id: string };
    answer: z.output<typeof routing.storedInhibitionSchema>;
  };
  /** Replace a inhibition */
  'put /inhibitions/{inhibition_id}': {
    params: { inhibition_id: string };
    body: z.input<typeof routing.inhibitionSchema>;
    answer: z.output<typeof routing.storedInhibitionSchema>;
  };
  /** Delete an inhibition */
  'delete /inhibitions/{inhibition_id}': { params: { inhibition_id: string }; answer: undefined };
  /** Silences and maintenance windows, the newest first, with the alerts that they fit */
  'get /silences': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof routing.storedSilenceSchema>[]; next_cursor: string | null };
  };
  /** Add a silence */
  'post /silences': { body: z.input<typeof routing.silenceSchema>; answer: z.output<typeof routing.storedSilenceSchema> };
  /** One silence, with its ETag */
  'get /silences/{silence_id}': { params: { silence_id: string }; answer: z.output<typeof routing.storedSilenceSchema> };
  /** Replace a silence */
  'put /silences/{silence_id}': {
    params: { silence_id: string };
    body: z.input<typeof routing.silenceSchema>;
    answer: z.output<typeof routing.storedSilenceSchema>;
  };
  /** End a silence; one that has not begun is gone */
  'delete /silences/{silence_id}': { params: { silence_id: string }; answer: undefined };
  /** Who would be on call by a schedule that is not kept, gaps included */
  'post /schedules/preview': {
    body: z.input<typeof onCall.schedulePreviewSchema>;
    answer: z.output<typeof onCall.calendarSchema>;
  };
  /** On-call schedules, with who is on call now and their gaps */
  'get /schedules': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof onCall.storedScheduleSchema>[]; next_cursor: string | null };
  };
  /** Add a schedule */
  'post /schedules': { body: z.input<typeof onCall.scheduleSchema>; answer: z.output<typeof onCall.storedScheduleSchema> };
  /** One schedule, with its ETag */
  'get /schedules/{schedule_id}': { params: { schedule_id: string }; answer: z.output<typeof onCall.storedScheduleSchema> };
  /** Replace a schedule */
  'put /schedules/{schedule_id}': {
    params: { schedule_id: string };
    body: z.input<typeof onCall.scheduleSchema>;
    answer: z.output<typeof onCall.storedScheduleSchema>;
  };
  /** Delete a schedule that no escalation needs */
  'delete /schedules/{schedule_id}': { params: { schedule_id: string }; answer: undefined };
  /** Who is on call now, in every schedule */
  'get /on-call': { answer: z.output<typeof onCall.onCallSchema> };
  /** Who is on call, and until when */
  'get /schedules/{schedule_id}/on-call': {
    params: { schedule_id: string };
    query: { at?: string };
    answer: z.output<typeof onCall.stretchSchema>;
  };
  /** Who is on call in a range of at most 92 days, gaps included */
  'get /schedules/{schedule_id}/calendar': {
    params: { schedule_id: string };
    query: { from: string; to: string };
    answer: z.output<typeof onCall.calendarSchema>;
  };
  /** Have somebody take over for a while */
  'post /schedules/{schedule_id}/overrides': {
    params: { schedule_id: string };
    body: z.input<typeof onCall.overrideSchema>;
    answer: z.output<typeof onCall.storedOverrideSchema>;
  };
  /** Take an override back */
  'delete /schedules/{schedule_id}/overrides/{override_id}': {
    params: { schedule_id: string; override_id: number };
    answer: undefined;
  };
  /** Escalations, with warnings about steps that reach nobody */
  'get /escalations': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof onCall.storedEscalationSchema>[]; next_cursor: string | null };
  };
  /** Add a escalation */
  'post /escalations': { body: z.input<typeof onCall.escalationSchema>; answer: z.output<typeof onCall.storedEscalationSchema> };
  /** One escalation, with its ETag */
  'get /escalations/{escalation_id}': {
    params: { escalation_id: string };
    answer: z.output<typeof onCall.storedEscalationSchema>;
  };
  /** Replace a escalation */
  'put /escalations/{escalation_id}': {
    params: { escalation_id: string };
    body: z.input<typeof onCall.escalationSchema>;
    answer: z.output<typeof onCall.storedEscalationSchema>;
  };
  /** Delete an escalation that no route needs */
  'delete /escalations/{escalation_id}': { params: { escalation_id: string }; answer: undefined };
  /** What agents suggest, the newest first */
  'get /suggestions': {
    query: {
      status?: OneOrMore<z.input<typeof suggestions.suggestionStatusSchema>>;
      agent_id?: string;
      action?: string;
      task_id?: string;
      q?: string;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof suggestions.suggestionSchema>[]; next_cursor: string | null };
  };
  /** As an agent, suggest something to people */
  'post /suggestions': {
    body: z.input<typeof suggestions.newSuggestionSchema>;
    answer: z.output<typeof suggestions.suggestionSchema>;
  };
  /** How far confidence can be trusted: a reliability curve, and from where on to approve without asking */
  'get /suggestions/calibration': {
    query: { agent_id?: string; action?: string; within_hours?: number; target?: number; min_samples?: number };
    answer: z.output<typeof suggestions.calibrationSchema>;
  };
  /** What is approved by itself, by agent and action, and what would be recommended */
  'get /suggestions/auto-approve': {
    query: { agent_id?: string };
    answer: { items: z.output<typeof suggestions.autoApprovalSchema>[]; next_cursor: string | null };
  };
  /** Have suggestions of an agent and an action approved by themselves, or no longer */
  'put /suggestions/auto-approve': {
    body: z.input<typeof suggestions.autoApprovalInputSchema>;
    answer: { items: z.output<typeof suggestions.autoApprovalSchema>[]; next_cursor: string | null };
  };
  /** One suggestion, with its ETag */
  'get /suggestions/{suggestion_id}': {
    params: { suggestion_id: string };
    answer: z.output<typeof suggestions.suggestionSchema>;
  };
  /** Approve a suggestion, which does what it asks for */
  'post /suggestions/{suggestion_id}/approve': {
    params: { suggestion_id: string };
    body: z.input<typeof suggestions.decisionSchema>;
    answer: z.output<typeof suggestions.suggestionSchema>;
  };
  /** Reject a suggestion */
  'post /suggestions/{suggestion_id}/reject': {
    params: { suggestion_id: string };
    body: z.input<typeof suggestions.decisionSchema>;
    answer: z.output<typeof suggestions.suggestionSchema>;
  };
  /** What was told, the newest first */
  'get /notifications': {
    query: { unread?: 'true' | 'false' | ''; limit?: number; cursor?: string };
    answer: { items: z.output<typeof alerts.notificationSchema>[]; next_cursor: string | null };
  };
  /** Mark notifications as read, for whoever asks alone */
  'post /notifications/read': { body: { ids: number[] } | { up_to: number }; answer: { read: number } };
  /** What whoever asks wants to see in the dashboard */
  'get /notifications/preferences': { answer: z.output<typeof notificationPreferences.preferencesSchema> };
  /** Say what you want to see in the dashboard */
  'put /notifications/preferences': {
    body: z.input<typeof notificationPreferences.preferencesSchema>;
    answer: z.output<typeof notificationPreferences.preferencesSchema>;
  };
  /** Channels by name, with how they fare */
  'get /channels': {
    query: {
      q?: string;
      type?:
        'webhook' | 'alertmanager' | 'slack' | 'teams' | 'discord' | 'pagerduty' | 'opsgenie' | 'telegram' | 'ntfy' | 'email';
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof channels.channelSchema>[]; next_cursor: string | null };
  };
  /** Add a channel */
  'post /channels': { body: z.input<typeof channels.newChannelSchema>; answer: z.output<typeof channels.channelSchema> };
  /** One channel, with its ETag */
  'get /channels/{channel_id}': { params: { channel_id: string }; answer: z.output<typeof channels.channelSchema> };
  /** Change a channel */
  'patch /channels/{channel_id}': {
    params: { channel_id: string };
    body: z.input<typeof channels.channelPatchSchema>;
    answer: z.output<typeof channels.channelSchema>;
  };
  /** Delete a channel and its secrets; what waits for it is not sent */
  'delete /channels/{channel_id}': { params: { channel_id: string }; answer: undefined };
  /** Send a real notice that says it is a test, and tell within 15 s what became of it */
  'post /channels/{channel_id}/test': { params: { channel_id: string }; answer: z.output<typeof channels.channelTestSchema> };
  /** The log of deliveries, the newest first */
  'get /deliveries': {
    query: {
      channel_id?: string;
      state?: 'queued' | 'retrying' | 'delivered' | 'dead';
      incident_id?: number;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof delivery.deliverySchema>[]; next_cursor: string | null };
  };
  /** One delivery: what it told, and every try */
  'get /deliveries/{delivery_id}': { params: { delivery_id: number }; answer: z.output<typeof delivery.wholeDeliverySchema> };
  /** Try a dead delivery again, under the key it had */
  'post /deliveries/{delivery_id}/replay': {
    params: { delivery_id: number };
    answer: z.output<typeof delivery.wholeDeliverySchema>;
  };
  /** Try a channel's dead deliveries again, the oldest first */
  'post /channels/{channel_id}/replay': {
    params: { channel_id: string };
    body: { limit?: number };
    answer: { replayed: number };
  };
  /** Who changed what, the newest first */
  'get /audit': {
    query: {
      entity_type?: string;
      entity_id?: string;
      action?: 'created' | 'updated' | 'deleted' | 'approved' | 'rejected' | 'expired';
      actor_id?: string;
      request_id?: string;
      from?: string;
      to?: string;
      limit?: number;
      cursor?: string;
    };
    answer: { items: z.output<typeof audit.auditEntrySchema>[]; next_cursor: string | null };
  };
  /** The delivery ledger: what was accepted, and what became of it */
  'get /pipeline': { answer: z.output<typeof api.pipelineSchema> };
  /** One agent's events in every place that counts them */
  'get /agents/{agent_id}/ledger': { params: { agent_id: string }; answer: z.output<typeof api.agentLedgerSchema> };
  /** What could not be processed, newest first */
  'get /dead-letters': {
    query: { code?: string; topic?: 'agent-events' | 'host-events' | 'task-events'; limit?: number; cursor?: string };
    answer: { items: z.output<typeof api.deadLetterSchema>[]; next_cursor: string | null };
  };
  /** One dead letter with all its bytes */
  'get /dead-letters/{dead_letter_id}': {
    params: { dead_letter_id: string };
    answer: z.output<typeof api.wholeDeadLetterSchema>;
  };
  /** Put a dead letter into the log again, corrected where `event` says so */
  'post /dead-letters/{dead_letter_id}/replay': {
    params: { dead_letter_id: string };
    query: { again?: 'true' | 'false' };
    body: { event?: Record<string, unknown> };
    answer: z.output<typeof api.replayedLetterSchema>;
  };
  /** Put all dead letters into the log again that are valid as they are by now, oldest first */
  'post /dead-letters/replay': {
    body: { code?: string; topic?: 'agent-events' | 'host-events' | 'task-events'; limit?: number; cursor?: string };
    answer: z.output<typeof api.replayedLettersSchema>;
  };
  /** Recomputes, the newest first */
  'get /recomputes': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof recompute.recomputeSchema>[]; next_cursor: string | null };
  };
  /** A recompute: its state and how far it is */
  'get /recomputes/{recompute_id}': { params: { recompute_id: number }; answer: z.output<typeof recompute.recomputeSchema> };
  /** Make the aggregates of a range of event time from the event log again */
  'post /recomputes': {
    body: z.input<typeof recompute.recomputeRequestSchema>;
    answer: z.output<typeof recompute.recomputeSchema>;
  };
  /** Cancel a recompute that is under way */
  'post /recomputes/{recompute_id}/cancel': {
    params: { recompute_id: number };
    answer: z.output<typeof recompute.recomputeSchema>;
  };
  /** What of events is redacted before it is stored */
  'get /redaction': { answer: z.output<typeof redaction.storedRedactionSchema> };
  /** Change what of events is redacted before it is stored */
  'put /redaction': {
    body: {
      enabled: boolean;
      detectors: ('email' | 'phone' | 'card' | 'iban' | 'ip' | 'ssn' | 'secret')[];
      patterns: { name: string; pattern: string }[];
      replace: 'label' | 'hash' | 'remove';
      fields: string[];
      drop: string[];
    };
    answer: z.output<typeof redaction.storedRedactionSchema>;
  };
  /** What a sample event would be stored as under some settings */
  'post /redaction/preview': {
    body: {
      settings: {
        enabled: boolean;
        detectors: ('email' | 'phone' | 'card' | 'iban' | 'ip' | 'ssn' | 'secret')[];
        patterns: { name: string; pattern: string }[];
        replace: 'label' | 'hash' | 'remove';
        fields: string[];
        drop: string[];
      };
      event: Record<string, unknown>;
    };
    answer: z.output<typeof redaction.redactionPreviewSchema>;
  };
  /** Erasures of users, the newest first */
  'get /erasures': {
    query: { limit?: number; cursor?: string };
    answer: { items: z.output<typeof erasures.erasureSchema>[]; next_cursor: string | null };
  };
  /** An erasure: its state and what was erased */
  'get /erasures/{erasure_id}': { params: { erasure_id: number }; answer: z.output<typeof erasures.erasureSchema> };
  /** Erase the events of a user */
  'post /erasures': { body: z.input<typeof erasures.erasureRequestSchema>; answer: z.output<typeof erasures.erasureSchema> };
  /** How long each kind of data is kept, and how much of it there is */
  'get /retention': { answer: z.output<typeof retention.retentionSchema> };
  /** Web vitals of a page view */
  'post /web-vitals': { body: { vitals: { name: 'CLS' | 'FCP' | 'INP' | 'LCP' | 'TTFB'; value: number }[] }; answer: undefined };
  /** Where to send events */
  'get /ingest': { answer: { events_url: string; needs_key: boolean } };
  /** Agents, as CSV */
  'get /agents.csv': {
    query: {
      status?: 'online' | 'busy' | 'offline';
      q?: string;
      host_id?: string;
      label?: OneOrMore<string>;
      tag?: OneOrMore<string>;
      archived?: 'true' | 'false';
      sort?:
        'agent_id' | 'name' | 'status' | 'last_seen' | 'total_messages' | 'total_errors' | 'error_rate' | 'total_tokens_used';
      direction?: 'asc' | 'desc';
    };
    answer: string;
  };
  /** Hosts, as CSV */
  'get /hosts.csv': {
    query: { status?: 'online' | 'offline'; q?: string; label?: OneOrMore<string>; archived?: 'true' | 'false' };
    answer: string;
  };
  /** Tasks, as CSV */
  'get /tasks.csv': {
    query: {
      status?: OneOrMore<z.input<typeof taskInput.taskStatusInputSchema>>;
      priority?: 'high' | 'medium' | 'low';
      workflow_id?: string;
      agent_id?: string;
      label?: OneOrMore<string>;
      q?: string;
      sort?: 'created_at' | 'updated_at' | 'due_date' | 'priority' | 'name';
    };
    answer: string;
  };
  /** Alerting rules by name, with what they do now, as CSV */
  'get /rules.csv': { query: { q?: string }; answer: string };
  /** Alerts, the newest first, as CSV */
  'get /alerts.csv': {
    query: {
      state?: OneOrMore<'pending' | 'firing' | 'resolved'>;
      severity?: 'info' | 'warning' | 'error';
      rule_id?: string;
      key?: string;
      label?: OneOrMore<string>;
    };
    answer: string;
  };
  /** Incidents, the newest first, as CSV */
  'get /incidents.csv': {
    query: {
      status?: OneOrMore<'open' | 'acknowledged' | 'resolved'>;
      severity?: 'info' | 'warning' | 'error';
      assigned_to?: string;
      agent_id?: string;
      host_id?: string;
      task_id?: string;
      alert_id?: number;
      q?: string;
      label?: OneOrMore<string>;
    };
    answer: string;
  };
  /** The log of deliveries, the newest first, as CSV */
  'get /deliveries.csv': {
    query: { channel_id?: string; state?: 'queued' | 'retrying' | 'delivered' | 'dead'; incident_id?: number };
    answer: string;
  };
  /** Who changed what, the newest first, as CSV */
  'get /audit.csv': {
    query: {
      entity_type?: string;
      entity_id?: string;
      action?: 'created' | 'updated' | 'deleted' | 'approved' | 'rejected' | 'expired';
      actor_id?: string;
      request_id?: string;
      from?: string;
      to?: string;
    };
    answer: string;
  };
  /** What could not be processed, newest first, as CSV */
  'get /dead-letters.csv': { query: { code?: string; topic?: 'agent-events' | 'host-events' | 'task-events' }; answer: string };
  /** Measures by model, the one with the most messages first, as CSV */
  'get /models.csv': {
    query: { from?: string; to?: string; step?: string; label?: OneOrMore<string>; sort?: string };
    answer: string;
  };
  /** Any measures of some keys, by window and over the whole range, as CSV */
  'get /series.csv': {
    query: {
      set: 'fleet' | 'model' | 'agent' | 'host';
      key?: OneOrMore<string>;
      measure: OneOrMore<z.input<typeof dashboards.seriesMeasureSchema>>;
      label?: OneOrMore<string>;
      from?: string;
      to?: string;
      step?: string;
      per?: 'window' | 'key';
      sort?: string;
    };
    answer: string;
  };
  /** This document */
  'get /openapi.json': { answer: { openapi: '3.1.0' } };
}
