import type { Page } from 'playwright-core';

/** Every page of the dashboard, and states worth a look of their own: for pictures and for accessibility tests. */
export interface Screen {
  readonly name: string;
  readonly path: (facts: ScreenFacts) => string;
  /** Brings the page into the state that is meant. */
  readonly prepare?: (page: Page) => Promise<unknown>;
  /** The whole page, however long; else what is seen without scrolling. */
  readonly whole?: boolean;
  /** What the API is made to answer meanwhile. */
  readonly answers?: readonly MadeAnswer[];
}

/** An answer that nobody can bring about by hand, or not at once. */
export interface MadeAnswer {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Of its path below `/api/v1`. */
  readonly path: RegExp;
  readonly status: number;
  readonly body: unknown;
}

/** Encoded ids of things that there is a page of. */
export interface ScreenFacts {
  readonly agent: string;
  readonly host: string;
  readonly task: string;
  readonly workflow: string;
  readonly suggestion: string;
  readonly rule: string;
  readonly dashboard: string;
  /** The dashboard with every kind of panel. */
  readonly kinds: string;
  readonly incident: string;
}

const TAKEN: Pick<MadeAnswer, 'status' | 'body'> = {
  status: 412,
  body: {
    title: 'Precondition Failed',
    status: 412,
    detail: 'it has changed since you read it: read it again',
    request_id: 'made-up',
  },
};
const TOO_MANY: Pick<MadeAnswer, 'status' | 'body'> = {
  status: 429,
  body: {
    title: 'Too Many Requests',
    status: 429,
    detail: 'more than 600 requests a minute: wait 12 seconds',
    request_id: 'made-up',
  },
};
const FAILED: Pick<MadeAnswer, 'status' | 'body'> = {
  status: 500,
  body: {
    title: 'Internal Server Error',
    status: 500,
    detail: 'something went wrong here; the request id finds it in the log',
    request_id: 'made-up',
  },
};
/** Somebody who may look, and nothing else. */
const VIEWER: readonly MadeAnswer[] = [
  { method: 'GET', path: /^\/session$/, status: 200, body: { id: 'vera', name: 'Vera Blum', scopes: ['read'] } },
  {
    method: 'GET',
    path: /^\/me$/,
    status: 200,
    body: { id: 'vera', name: 'Vera Blum', scopes: ['read'], by: 'session', account: null },
  },
];
/** Comes back after a moment without the server, which then takes its time to answer. */
const catchUp = async (page: Page) => {
  let lost: (() => Promise<void>) | undefined;
  await page.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    const isAgain = lost !== undefined;
    lost ??= () => socket.close();
    socket.onMessage((message) => {
      if (!isAgain || !String(message).includes('"subscribe"')) server.send(message);
    });
  });
  await page.reload();
  await page.getByText('Live', { exact: true }).waitFor();
  await lost?.();
  await page.getByText('Catching up').waitFor();
};
const signIn = async (page: Page) => {
  await page.getByLabel('E-mail').fill('carl@example.org');
  await page.getByLabel('Password').fill('not my password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').first().waitFor();
};
const editSchedule = async (page: Page) => {
  await page.getByRole('button', { name: /^Edit/ }).first().click();
  await page
    .getByRole('dialog')
    .getByText(/of these two weeks|all the time/)
    .waitFor();
};

export const SCREENS: readonly Screen[] = [
  { name: 'overview', path: () => '/' },
  { name: 'overview-1h', path: () => '/?range=1h' },
  { name: 'agents', path: () => '/agents', whole: false },
  { name: 'agent', path: ({ agent }) => `/agents/${agent}?range=1h`, whole: false },
  { name: 'hosts', path: () => '/hosts?range=1h' },
  { name: 'host', path: ({ host }) => `/hosts/${host}?range=1h` },
  { name: 'tasks', path: () => '/tasks' },
  { name: 'tasks-table', path: () => '/tasks?view=table' },
  {
    name: 'tasks-new',
    path: () => '/tasks',
    whole: false,
    prepare: (page) => page.getByRole('button', { name: 'New task' }).click(),
  },
  {
    name: 'tasks-move',
    path: () => '/tasks',
    whole: false,
    prepare: (page) =>
      page
        .getByRole('button', { name: /^Move to/ })
        .first()
        .click(),
  },
  { name: 'tasks-none', path: () => '/tasks?q=nothing-is-called-this' },
  { name: 'tasks-one', path: ({ task }) => `/tasks/${task}` },
  { name: 'incidents', path: () => '/incidents' },
  { name: 'incidents-one', path: ({ incident }) => `/incidents/${incident}` },
  { name: 'incidents-silences', path: () => '/incidents/silences' },
  {
    name: 'incidents-silence-new',
    path: ({ incident }) => `/incidents/${incident}`,
    whole: false,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Silence' }).click();
      await page.getByText(/^Fits/).waitFor();
    },
  },
  { name: 'incidents-none', path: () => '/incidents?q=nothing-is-called-this' },
  {
    name: 'incidents-assign',
    path: ({ incident }) => `/incidents/${incident}`,
    whole: false,
    prepare: (page) =>
      page
        .getByRole('button', { name: /^Assign/ })
        .first()
        .click(),
  },
  {
    name: 'incidents-escalate',
    path: ({ incident }) => `/incidents/${incident}`,
    whole: false,
    prepare: (page) => page.getByRole('button', { name: 'Escalate' }).click(),
  },
  { name: 'on-call', path: () => '/on-call' },
  {
    name: 'on-call-override',
    path: () => '/on-call',
    whole: false,
    prepare: (page) =>
      page
        .getByRole('button', { name: /^Take over:/ })
        .first()
        .click(),
  },
  {
    name: 'on-call-schedule',
    path: () => '/on-call',
    whole: false,
    prepare: editSchedule,
  },
  {
    name: 'on-call-taken',
    path: () => '/on-call',
    whole: false,
    answers: [{ method: 'PUT', path: /^\/schedules\//, ...TAKEN }],
    prepare: async (page) => {
      await editSchedule(page);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/^Somebody else has changed/).waitFor();
    },
  },
  { name: 'on-call-month', path: () => '/on-call?view=month' },
  { name: 'on-call-escalations', path: () => '/on-call/escalations' },
  {
    name: 'on-call-escalation',
    path: () => '/on-call/escalations',
    whole: false,
    prepare: (page) => page.getByRole('button', { name: /^Edit/ }).first().click(),
  },
  { name: 'on-call-routes', path: () => '/on-call/routes' },
  {
    name: 'on-call-routes-tried',
    path: () => '/on-call/routes',
    prepare: (page) => page.getByRole('button', { name: 'Try it' }).click(),
  },
  {
    name: 'on-call-route',
    path: () => '/on-call/routes',
    whole: false,
    prepare: (page) => page.getByRole('button', { name: /^Edit/ }).nth(1).click(),
  },
  { name: 'on-call-inhibitions', path: () => '/on-call/inhibitions' },
  { name: 'suggestions', path: () => '/suggestions' },
  { name: 'suggestions-one', path: ({ suggestion }) => `/suggestions?id=${suggestion}` },
  { name: 'suggestions-calibration', path: () => '/suggestions/calibration' },
  { name: 'alerts', path: () => '/alerts' },
  { name: 'alerts-rules', path: () => '/rules' },
  { name: 'alerts-rule', path: ({ rule }) => `/rules/${rule}` },
  { name: 'alerts-rule-new', path: () => '/rules/new' },
  { name: 'alerts-rule-edit', path: ({ rule }) => `/rules/${rule}/edit` },
  {
    name: 'alerts-rule-backtest',
    path: ({ rule }) => `/rules/${rule}/edit`,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Would it have fired?' }).click();
      await page.getByRole('button', { name: 'Would it have fired?' }).waitFor();
    },
  },
  {
    name: 'alerts-rule-taken',
    path: ({ rule }) => `/rules/${rule}/edit`,
    answers: [{ method: 'PATCH', path: /^\/rules\//, ...TAKEN }],
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Save the rule' }).click();
      await page.getByText(/^Somebody else has changed/).waitFor();
    },
  },
  { name: 'alerts-viewer', path: () => '/alerts', whole: false, answers: VIEWER },
  { name: 'alerts-rule-viewer', path: () => '/rules/new', answers: VIEWER },
  { name: 'dashboards', path: () => '/dashboards' },
  { name: 'dashboards-one', path: ({ dashboard }) => `/dashboards/${dashboard}?range=1h` },
  {
    name: 'dashboards-edit',
    path: ({ dashboard }) => `/dashboards/${dashboard}?range=1h`,
    prepare: (page) => page.getByRole('button', { name: 'Edit', exact: true }).click(),
  },
  { name: 'dashboards-kinds', path: ({ kinds }) => `/dashboards/${kinds}?range=1h` },
  {
    name: 'dashboards-panel',
    path: ({ kinds }) => `/dashboards/${kinds}?range=1h`,
    whole: false,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByRole('button', { name: 'Add a panel' }).click();
    },
  },
  {
    name: 'dashboards-mail',
    path: ({ kinds }) => `/dashboards/${kinds}?range=1h`,
    whole: false,
    prepare: async (page) => {
      await page.getByRole('button', { name: /^More to do/ }).click();
      await page.getByRole('button', { name: 'Reports by mail' }).click();
    },
  },
  {
    name: 'dashboards-mail-new',
    path: ({ kinds }) => `/dashboards/${kinds}?range=1h`,
    whole: false,
    prepare: async (page) => {
      await page.getByRole('button', { name: /^More to do/ }).click();
      await page.getByRole('button', { name: 'Reports by mail' }).click();
      await page.getByRole('button', { name: 'Add a schedule' }).click();
    },
  },
  { name: 'dashboards-wall', path: ({ dashboard }) => `/dashboards/${dashboard}?range=1h&rotate=30`, whole: false },
  { name: 'workflows', path: () => '/workflows' },
  { name: 'workflows-templates', path: () => '/workflows/templates' },
  {
    name: 'workflows-template',
    path: () => '/workflows/templates',
    whole: false,
    prepare: (page) => page.getByRole('button', { name: /^Edit/ }).first().click(),
  },
  { name: 'workflows-one', path: ({ workflow }) => `/workflows/${workflow}` },
  { name: 'workflows-timeline', path: ({ workflow }) => `/workflows/${workflow}?view=timeline` },
  { name: 'workflows-list', path: ({ workflow }) => `/workflows/${workflow}?view=list` },
  { name: 'models', path: () => '/models?range=1h' },
  { name: 'explore', path: () => '/explore?range=1h&set=model&measure=total_cost_usd' },
  { name: 'explore-compare', path: () => '/explore?range=15m&measure=total_messages&compare=1' },
  { name: 'explore-heat', path: () => '/explore?range=1h&as=heat' },
  { name: 'pipeline', path: () => '/pipeline?range=1h' },
  {
    name: 'pipeline-dead-letter',
    path: () => '/pipeline?range=1h',
    prepare: async (page) => {
      await page
        .getByRole('button', { name: /not_valid/ })
        .first()
        .click();
      await page.getByRole('button', { name: 'Correct it and put it in again' }).click();
    },
  },
  { name: 'docs', path: () => '/docs?q=tasks#patchTasksByTaskId', whole: false },
  { name: 'settings-account', path: () => '/settings' },
  { name: 'settings-channels', path: () => '/settings/channels' },
  {
    name: 'settings-channel',
    path: () => '/settings/channels',
    whole: false,
    prepare: (page) => page.getByRole('button', { name: 'Add a channel' }).click(),
  },
  {
    name: 'settings-channel-delete',
    path: () => '/settings/channels',
    whole: false,
    prepare: (page) =>
      page
        .getByRole('button', { name: /^Delete/ })
        .first()
        .click(),
  },
  {
    name: 'settings-channel-taken',
    path: () => '/settings/channels',
    whole: false,
    answers: [{ method: 'PATCH', path: /^\/channels\//, ...TAKEN }],
    prepare: async (page) => {
      await page.getByRole('button', { name: /^Edit/ }).first().click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/^Somebody else has changed/).waitFor();
    },
  },
  { name: 'settings-deliveries', path: () => '/settings/deliveries' },
  { name: 'settings-deliveries-dead', path: () => '/settings/deliveries?state=dead' },
  {
    name: 'settings-delivery',
    path: () => '/settings/deliveries?state=dead',
    whole: false,
    prepare: async (page) => {
      await page.getByRole('rowheader').getByRole('button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'settings-people', path: () => '/settings/people' },
  {
    name: 'settings-invite',
    path: () => '/settings/people',
    whole: false,
    prepare: (page) =>
      page
        .getByRole('button', { name: /^Invite/ })
        .first()
        .click(),
  },
  {
    name: 'settings-invite-refused',
    path: () => '/settings/people',
    whole: false,
    answers: [{ method: 'POST', path: /^\/invitations$/, ...TOO_MANY }],
    prepare: async (page) => {
      await page
        .getByRole('button', { name: /^Invite/ })
        .first()
        .click();
      await page.getByLabel('Name', { exact: true }).fill('Dora Hill');
      await page.getByLabel('E-mail').fill('dora@example.org');
      await page.getByRole('button', { name: 'Make the link' }).click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
    },
  },
  { name: 'settings-viewer', path: () => '/settings/people', answers: VIEWER },
  { name: 'settings-keys', path: () => '/settings/keys' },
  {
    name: 'settings-key',
    path: () => '/settings/keys',
    whole: false,
    prepare: (page) => page.getByRole('button', { name: 'Make a key' }).click(),
  },
  { name: 'settings-privacy', path: () => '/settings/privacy' },
  { name: 'settings-audit', path: () => '/settings/audit', whole: false },
  {
    name: 'palette',
    path: () => '/',
    whole: false,
    prepare: async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search' }).fill('age');
      await page.getByRole('option').nth(3).waitFor();
    },
  },
  {
    name: 'notifications',
    path: () => '/',
    whole: false,
    prepare: (page) => page.getByRole('button', { name: /^Notifications/ }).click(),
  },
  {
    name: 'range',
    path: () => '/?range=1h',
    whole: false,
    prepare: async (page) => {
      await page.getByRole('button', { name: /another time range$/ }).click();
      await page.getByRole('button', { name: 'Show this range' }).waitFor();
    },
  },
  {
    name: 'scope',
    path: () => '/',
    whole: false,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Scope: everything' }).click();
      await page.getByRole('searchbox', { name: 'Find a label' }).waitFor();
    },
  },
  { name: 'settings', path: () => '/', whole: false, prepare: (page) => page.getByRole('button', { name: 'Settings' }).click() },
  { name: 'keys', path: () => '/', whole: false, prepare: (page) => page.keyboard.press('?') },
  { name: 'sign-in', path: () => '/sign-in' },
  { name: 'sign-in-wrong', path: () => '/sign-in', prepare: signIn },
  {
    name: 'sign-in-locked',
    path: () => '/sign-in',
    answers: [{ method: 'POST', path: /^\/auth\/sign-in$/, ...TOO_MANY }],
    prepare: signIn,
  },
  { name: 'sign-in-used', path: () => '/sign-in?token=fbt_used' },
  { name: 'set-password', path: () => '/set-password#a-token' },
  {
    name: 'incidents-too-many',
    path: () => '/incidents',
    whole: false,
    answers: [{ method: 'GET', path: /^\/incidents/, ...TOO_MANY }],
  },
  {
    name: 'incidents-failed',
    path: () => '/incidents',
    whole: false,
    answers: [{ method: 'GET', path: /^\/incidents/, ...FAILED }],
  },
  {
    name: 'offline',
    path: () => '/incidents',
    whole: false,
    prepare: async (page) => {
      await page.context().setOffline(true);
      await page.getByText(/^Offline/).waitFor({ timeout: 45_000 });
    },
  },
  { name: 'catching-up', path: () => '/incidents', whole: false, prepare: catchUp },
  { name: 'missing', path: () => '/nowhere' },
];
