const REDACTION = {
  enabled: true,
  detectors: ['email', 'card'],
  patterns: [{ name: 'badge', pattern: '[A-Z]{3}-\\d{6}' }],
  replace: 'hash',
  fields: ['content', 'metadata.*'],
  drop: ['metadata.raw_prompt'],
};

/** A body that each route takes, by method and path; its ids are somebody's. Held against the schemas by a test. */
export const BODY_EXAMPLES: Readonly<Record<string, unknown>> = {
  'patch /agents/{agent_id}': { tags: ['production'], notes: 'Answers customers in the shop.', paused: false },
  'post /agents/{agent_id}/comments': { entity_type: 'task', entity_id: 'task-17', text: 'Waits for the invoice.' },
  'post /agents/{agent_id}/tasks/claim': { capabilities: ['research'], limit: 2, lease_seconds: 60 },
  'post /agents/{agent_id}/tasks/{task_id}/heartbeat': { lease_token: '0190b1f0-5a53-7c31-b6f0-a2f1d4f3c9e1', progress: 40 },
  'post /agents/{agent_id}/tasks/{task_id}/complete': {
    lease_token: '0190b1f0-5a53-7c31-b6f0-a2f1d4f3c9e1',
    result: { pages: 12 },
  },
  'post /agents/{agent_id}/tasks/{task_id}/fail': {
    lease_token: '0190b1f0-5a53-7c31-b6f0-a2f1d4f3c9e1',
    error: 'The file is encrypted.',
    retry: false,
  },
  'post /agents/{agent_id}/tasks/{task_id}/release': { lease_token: '0190b1f0-5a53-7c31-b6f0-a2f1d4f3c9e1' },

  'post /tasks': { name: 'Translate the release notes', priority: 'high', due_date: '2030-01-31T12:00:00Z' },
  'put /tasks/{task_id}': { name: 'Translate the release notes', status: 'in_progress', priority: 'low' },
  'patch /tasks/{task_id}': { priority: 'medium', progress: 60 },
  'post /workflows': {
    name: 'Release 4.2',
    tasks: [
      { key: 'build', name: 'Build' },
      { key: 'test', name: 'Test', depends_on: ['build'] },
    ],
  },
  'patch /workflows/{workflow_id}': { name: 'Release 4.2, second try' },
  'post /workflow-templates': { name: 'Triage a ticket', tasks: [{ key: 'read', name: 'Read the ticket' }] },
  'put /workflow-templates/{template_id}': { name: 'Triage a ticket', tasks: [{ key: 'read', name: 'Read it twice' }] },
  'post /workflow-templates/{template_id}/runs': { name: 'Triage of ticket 4711' },

  'post /suggestions': {
    agent_id: 'agent-1',
    action: 'close the ticket',
    reasoning: 'The customer wrote that it works again.',
    confidence: 0.9,
    task_id: 'task-17',
    effect: { type: 'set_task_status', status: 'completed' },
  },
  'post /suggestions/{suggestion_id}/approve': { reason: 'Looks right.' },
  'post /suggestions/{suggestion_id}/reject': { reason: 'The customer has not answered yet.' },
  'put /suggestions/auto-approve': { agent_id: 'agent-1', action: 'close the ticket', enabled: true, threshold: 0.9 },
  'post /comments': { entity_type: 'task', entity_id: 'task-17', text: 'Who takes this one?' },
  'patch /comments/{comment_id}': { text: 'Who takes this one today?' },

  'post /rules': {
    kind: 'threshold',
    name: 'Too many errors',
    watch: { set: 'agent' },
    measure: 'error_rate',
    window: '5m',
    warning: { threshold: 0.05, recovery: 0.02 },
    error: { threshold: 0.25 },
    for_s: 60,
  },
  'patch /rules/{rule_id}': { enabled: false },
  'post /rules/backtest': {
    rule: { kind: 'liveness', name: 'Agent offline', watch: { set: 'agent' } },
    from: '2026-01-30T00:00:00Z',
    to: '2026-01-31T00:00:00Z',
  },
  'post /incidents/{incident_id}/assign': { user_id: '01a1fedb-42fa-7d47-ac34-5022db0b4a2e' },
  'post /incidents/{incident_id}/snooze': { until: '2030-01-31T12:00:00Z' },
  'post /incidents/{incident_id}/comments': { text: 'The provider has an outage.' },
  'post /routes': {
    name: 'Payments',
    matchers: [{ label: 'team', op: '=', value: 'payments' }],
    group_by: ['alertname', 'host'],
    group_wait_s: 10,
  },
  'put /routes/{route_id}': { name: 'Payments', matchers: [{ label: 'team', op: '=~', value: 'pay.*' }] },
  'post /routes/test': { labels: { team: 'payments', severity: 'error' } },
  'post /inhibitions': {
    name: 'A host that is down says it for its agents',
    source: [{ label: 'alertname', op: '=', value: 'Host offline' }],
    target: [{ label: 'alertname', op: '=', value: 'Agent offline' }],
    equal: ['host'],
  },
  'put /inhibitions/{inhibition_id}': {
    name: 'A host that is down says it for its agents',
    enabled: false,
    source: [{ label: 'alertname', op: '=', value: 'Host offline' }],
    target: [{ label: 'set', op: '=', value: 'agent' }],
    equal: ['host'],
  },
  'post /silences': {
    comment: 'The rack is moved',
    matchers: [{ label: 'host', op: '=~', value: 'rack-7-.*' }],
    times: { time_zone: 'Europe/Berlin', intervals: [{ weekdays: ['sun'], from: '02:00', to: '04:00' }] },
  },
  'put /silences/{silence_id}': {
    comment: 'The rack is moved, still',
    matchers: [{ label: 'host', op: '=~', value: 'rack-7-.*' }],
    times: { time_zone: 'Europe/Berlin', intervals: [{ weekdays: ['sat', 'sun'], from: '02:00', to: '04:00' }] },
  },
  'post /silences/test': { matchers: [{ label: 'host', op: '=~', value: 'rack-7-.*' }] },
  'post /schedules': {
    name: 'Platform',
    time_zone: 'Europe/Berlin',
    layers: [
      {
        name: 'Weeks',
        users: ['01a1fedb-42fa-7d47-ac34-5022db0b4a2e'],
        starts_on: '2026-01-05',
        handoff: '09:00',
        turn: { unit: 'weeks', count: 1 },
      },
    ],
  },
  'put /schedules/{schedule_id}': {
    name: 'Platform',
    time_zone: 'Europe/Berlin',
    layers: [
      {
        name: 'Days',
        users: ['01a1fedb-42fa-7d47-ac34-5022db0b4a2e'],
        starts_on: '2026-01-05',
        turn: { unit: 'days', count: 1 },
      },
    ],
  },
  'post /schedules/{schedule_id}/overrides': {
    user_id: '01a1fedb-42fa-7d47-ac34-5022db0b4a2e',
    from: '2030-01-31T08:00:00Z',
    to: '2030-01-31T16:00:00Z',
  },
  'post /escalations': {
    name: 'Platform',
    steps: [{ after_s: 300, targets: [{ type: 'user', id: '01a1fedb-42fa-7d47-ac34-5022db0b4a2e' }] }],
    repeat: { times: 2, after_s: 600 },
  },
  'put /escalations/{escalation_id}': {
    name: 'Platform',
    steps: [{ after_s: 0, targets: [{ type: 'user', id: '01a1fedb-42fa-7d47-ac34-5022db0b4a2e' }] }],
  },
  'post /notifications/read': { ids: [1, 2] },
  'post /channels': {
    type: 'ntfy',
    name: 'Phone of the on-call engineer',
    config: { server: 'https://ntfy.example.com', topic: 'fleet' },
  },
  'patch /channels/{channel_id}': { enabled: false },
  'post /channels/{channel_id}/replay': { limit: 10 },

  'post /dashboards': {
    name: 'Cost',
    panels: [
      {
        kind: 'series',
        id: 'cost',
        x: 0,
        y: 0,
        w: 12,
        h: 4,
        title: 'Cost by model',
        set: 'model',
        measures: ['total_cost_usd'],
        display: 'stack',
      },
    ],
  },
  'put /dashboards/{dashboard_id}': { name: 'Cost', description: 'What the fleet has spent', panels: [] },
  'post /dead-letters/{dead_letter_id}/replay': { event: { agent_id: 'agent-1', message_type: 'heartbeat' } },
  'post /dead-letters/replay': {},
  'put /redaction': REDACTION,
  'post /redaction/preview': {
    settings: REDACTION,
    event: { agent_id: 'agent-1', message_type: 'user_message', content: 'Write to jane@example.com, badge ABC-123456.' },
  },
  'post /erasures': { user_id: 'user-4711' },
  'post /recomputes': { from: '2026-01-30T00:00:00Z', to: '2026-01-31T00:00:00Z' },

  'patch /me': { name: 'Ada Lovelace' },
  'post /invitations': { email: 'ada@example.com', name: 'Ada Lovelace', role: 'operator' },
  'patch /users/{user_id}': { role: 'viewer' },
  'post /keys': { name: 'Gateway of the shop', scopes: ['ingest'] },
  'post /keys/{key_id}/rotate': { grace_seconds: 3_600 },
};
