/**
 * Who may do what, written out: what every route and every message of a socket answers each kind of caller. A test asks
 * each of them for real (access-table.server.test.ts); what is missing here fails it, so nobody opens a door unnoticed.
 */

/** `in`: whatever the answer is, it does not say that this caller may not ask. */
export type Outcome = 'in' | 401 | 403;
type Row = readonly [nobody: Outcome, ingestKey: Outcome, viewer: Outcome, operator: Outcome, admin: Outcome];

const OPEN: Row = ['in', 'in', 'in', 'in', 'in'];
const SIGNED_IN: Row = [401, 'in', 'in', 'in', 'in'];
const AGENT: Row = [401, 'in', 403, 403, 'in'];
const VIEWER: Row = [401, 403, 'in', 'in', 'in'];
const OPERATOR: Row = [401, 403, 403, 'in', 'in'];
const ADMIN: Row = [401, 403, 403, 403, 'in'];

/** For people with an account alone: a key of the same scopes is answered 403 here. */
export const OF_ACCOUNTS: ReadonlySet<string> = new Set([
  'patch /me',
  'post /me/password',
  'post /me/second-factor',
  'post /me/second-factor/confirm',
  'post /me/second-factor/end',
  'get /me/sessions',
  'delete /me/sessions',
  'delete /me/sessions/{session_id}',
]);

export const ROUTES: Readonly<Record<string, Row>> = {
  'get /health': OPEN,
  'get /ready': OPEN,

  'get /session': OPEN,
  'post /session': OPEN,
  'delete /session': OPEN,
  'get /auth/providers': OPEN,
  'post /auth/sign-in': OPEN,
  'post /auth/second-factor': OPEN,
  'post /auth/password': OPEN,
  'post /auth/oidc': OPEN,
  'get /auth/callback/oidc': OPEN,

  'get /me': SIGNED_IN,
  'patch /me': VIEWER,
  'post /me/password': VIEWER,
  'post /me/second-factor': VIEWER,
  'post /me/second-factor/confirm': VIEWER,
  'post /me/second-factor/end': VIEWER,
  'get /me/sessions': VIEWER,
  'delete /me/sessions': VIEWER,
  'delete /me/sessions/{session_id}': VIEWER,
  'post /tickets': VIEWER,

  'get /users': ADMIN,
  'get /users/{user_id}': ADMIN,
  'patch /users/{user_id}': ADMIN,
  'delete /users/{user_id}': ADMIN,
  'post /users/{user_id}/password-link': ADMIN,
  'get /users/{user_id}/sessions': ADMIN,
  'delete /users/{user_id}/sessions': ADMIN,
  'get /invitations': ADMIN,
  'post /invitations': ADMIN,
  'delete /invitations/{email}': ADMIN,
  'get /keys': ADMIN,
  'post /keys': ADMIN,
  'post /keys/{key_id}/rotate': ADMIN,
  'delete /keys/{key_id}': ADMIN,
  'get /audit': ADMIN,

  'get /agents': VIEWER,
  'get /agents/{agent_id}': VIEWER,
  'patch /agents/{agent_id}': OPERATOR,
  'post /agents/{agent_id}/archive': OPERATOR,
  'post /agents/{agent_id}/unarchive': OPERATOR,
  'get /agents/{agent_id}/metrics': VIEWER,
  'get /agents/{agent_id}/events': VIEWER,
  'get /agents/{agent_id}/ledger': VIEWER,
  'get /events': VIEWER,
  'get /fleet/metrics': VIEWER,
  'get /models/metrics': VIEWER,
  'get /hosts': VIEWER,
  'get /hosts/{host_id}/metrics': VIEWER,
  'get /performance': VIEWER,
  'get /visualizations': VIEWER,

  'get /tasks': VIEWER,
  'get /tasks/{task_id}': VIEWER,
  'post /tasks': OPERATOR,
  'put /tasks/{task_id}': OPERATOR,
  'patch /tasks/{task_id}': OPERATOR,
  'delete /tasks/{task_id}': OPERATOR,

  'post /agents/{agent_id}/tasks/claim': AGENT,
  'post /agents/{agent_id}/tasks/{task_id}/heartbeat': AGENT,
  'post /agents/{agent_id}/tasks/{task_id}/complete': AGENT,
  'post /agents/{agent_id}/tasks/{task_id}/fail': AGENT,
  'post /agents/{agent_id}/tasks/{task_id}/release': AGENT,
  'get /workflows': VIEWER,
  'get /workflows/{workflow_id}': VIEWER,
  'get /workflows/{workflow_id}/timeline': VIEWER,
  'post /workflows': OPERATOR,
  'patch /workflows/{workflow_id}': OPERATOR,
  'post /workflows/{workflow_id}/cancel': OPERATOR,
  'delete /workflows/{workflow_id}': OPERATOR,
  'get /workflow-templates': VIEWER,
  'get /workflow-templates/{template_id}': VIEWER,
  'post /workflow-templates': OPERATOR,
  'put /workflow-templates/{template_id}': OPERATOR,
  'delete /workflow-templates/{template_id}': OPERATOR,
  'get /workflow-templates/{template_id}/runs': VIEWER,
  'post /workflow-templates/{template_id}/runs': OPERATOR,

  'get /rules': VIEWER,
  'post /rules': OPERATOR,
  'get /rules/export': VIEWER,
  'post /rules/import': OPERATOR,
  'get /rules/{rule_id}/versions': VIEWER,
  'get /rules/{rule_id}': VIEWER,
  'patch /rules/{rule_id}': OPERATOR,
  'delete /rules/{rule_id}': OPERATOR,
  'get /alerts': VIEWER,
  'post /alerts/{alert_id}/acknowledge': OPERATOR,
  'get /channels': OPERATOR,
  'post /channels': OPERATOR,
  'get /channels/{channel_id}': OPERATOR,
  'patch /channels/{channel_id}': OPERATOR,
  'delete /channels/{channel_id}': OPERATOR,
  'post /channels/{channel_id}/test': OPERATOR,
  'post /channels/{channel_id}/replay': OPERATOR,
  'get /deliveries': OPERATOR,
  'get /deliveries/{delivery_id}': OPERATOR,
  'post /deliveries/{delivery_id}/replay': OPERATOR,
  'get /notifications': VIEWER,
  'post /notifications/read': OPERATOR,

  'get /pipeline': VIEWER,
  'get /dead-letters': VIEWER,
  'get /dead-letters/{dead_letter_id}': VIEWER,
  'post /dead-letters/{dead_letter_id}/replay': OPERATOR,
  'post /dead-letters/replay': OPERATOR,
  'post /web-vitals': VIEWER,
  'get /ingest': VIEWER,
  'get /openapi.json': VIEWER,
};

/** Channels of Socket.IO and of `/ws/tasks`; a caller that may not join one is not even connected. */
export const CHANNEL_ACCESS: Readonly<Record<string, Row>> = {
  workflows: VIEWER,
  tasks: VIEWER,
  agents: VIEWER,
  suggestions: VIEWER,
  notifications: VIEWER,
  metrics: VIEWER,
};

/** What a client may send over a socket once it is connected. */
export const SOCKET_REQUESTS: Readonly<Record<string, Row>> = { subscribe: VIEWER, unsubscribe: VIEWER, ping: VIEWER };
