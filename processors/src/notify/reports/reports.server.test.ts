import type { AddressInfo, Server } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ReportScheduleInput } from '@fleetbeat/contracts/reports.ts';
import { createTargetRule } from '@fleetbeat/infra/net/target-rule.ts';
import { createMakeReport } from '@fleetbeat/infra/reports/dashboard-report.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { readPdf } from '@fleetbeat/infra/testing/read-pdf.ts';
import { addChannel, SECRET } from '../testing/channel-rows.ts';
import { claimReports, LEASE_MS, noteDueReports } from './claim-reports.ts';
import { createSendReport } from './send-report.ts';

const MINUTE = 60_000;
const DUE = Date.parse('2026-06-15T06:00:00Z');
const WEEKLY: Omit<ReportScheduleInput, 'enabled' | 'channel_id'> = {
  every: 'weekly',
  weekday: 'mon',
  day: 1,
  at: '08:00',
  time_zone: 'Europe/Berlin',
  span: '7d',
  labels: {},
  variables: {},
  recipients: ['boss@example.com', 'team@example.com'],
};

let fresh: FreshDatabase;
let smtp: SMTPServer;
let port: number;
let mails: { to: string[]; raw: string }[] = [];
let refusal: (Error & { responseCode: number }) | null = null;
const asked: { from: number; to: number; keys: readonly string[]; labels: unknown }[] = [];

beforeAll(async () => {
  fresh = await freshDatabase();
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onRcptTo: (_address, _session, callback) => callback(refusal),
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString('latin1') });
        callback();
      });
    },
  });
  const server = smtp.server as Server;
  port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
});
afterEach(async () => {
  mails = [];
  refusal = null;
  await fresh.database.query('delete from visualizations');
});
afterAll(async () => {
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await fresh.drop();
});

async function addSchedule(
  nextAt = DUE,
  about: Partial<typeof WEEKLY> = {},
  panelAbout: object = {},
): Promise<{ schedule: string; channel: string }> {
  const { database } = fresh;
  const channel = await addChannel(database, 'email', {
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'fleet@example.com',
    to: ['nobody@example.com'],
  });
  const panel = {
    kind: 'series',
    id: 'a',
    title: 'Traffic',
    x: 0,
    y: 0,
    w: 6,
    h: 4,
    set: 'fleet',
    keys: [],
    measures: ['total_messages'],
  };
  const variables = [
    { name: 'who', set: 'agent', value: 'agent-1' },
    { name: 'where', set: 'host', value: 'host-1' },
  ];
  const definition = { description: 'All of it.', variables, panels: [{ ...panel, display: 'figure', ...panelAbout }] };
  const { rows: made } = await database.query<{ id: string }>(
    `insert into visualizations (name, definition, created_by, updated_by) values ('Fleet', $1, 'test', 'test') returning id`,
    [definition],
  );
  const { rows } = await database.query<{ id: string }>(
    `insert into report_schedules (dashboard_id, definition, enabled, next_at, updated_by) values ($1, $2, true, $3, 'test') returning id`,
    [made[0]?.id, { ...WEEKLY, ...about, channel_id: channel }, nextAt],
  );
  return { schedule: rows[0]?.id ?? '', channel };
}

/** As the service runs it, at a time. */
function send(claim: { run: number; attempts: number }, now: number) {
  const makeReport = createMakeReport({
    querySeries: async ({ keys, measures }, range, labels) => {
      asked.push({ ...range, keys, labels });
      if (labels?.['size'] === 'large') throw new HttpProblem(422, 'scope-too-large', 'too many carry these labels');
      const { from, to, stepMs } = range;
      return {
        from,
        to,
        step_ms: stepMs,
        series: measures.map((measure) => ({ key: 'all', measure, total: 4_321, points: [] })),
      };
    },
    readStatus: async ({ range: { from, to, stepMs } }) => ({ from, to, step_ms: stepMs, bands: [], more_alerts: false }),
  });
  const effects = { targetRule: createTargetRule(true), timeoutMs: 5_000 };
  const parts = { database: fresh.database, secret: SECRET, makeReport, effects, publicUrl: 'https://fleet.example.com' };
  return createSendReport({ ...parts, now: () => now })(claim);
}

/** The PDF of a mail. */
function attachedTo(raw: string): Buffer {
  return Buffer.from(/filename="?Fleet\.pdf"?\r\n\r\n([\s\S]+?)\r\n--/.exec(raw)?.[1] ?? '', 'base64');
}

async function runs() {
  const { rows } = await fresh.database.query<{
    due_at: number;
    state: string;
    attempts: number;
    next_try_at: number | null;
    reason: string | null;
  }>('select due_at, state, attempts, next_try_at, reason from report_runs order by id');
  return rows;
}

it('mails the PDF once, however many processes sweep and however often a job comes', async () => {
  await addSchedule();
  expect(await noteDueReports(fresh.database, DUE - 1)).toBe(0);
  const noted = await Promise.all([1, 2, 3].map(() => noteDueReports(fresh.database, DUE)));
  expect(noted.reduce((sum, one) => sum + one)).toBe(1);
  const claims = (await Promise.all([1, 2, 3].map(() => claimReports(fresh.database, DUE)))).flat();
  expect(claims).toHaveLength(1);
  const [claim] = claims;
  if (claim === undefined) throw new Error('nothing was claimed');
  const outcomes = await Promise.all([send(claim, DUE + 5), send(claim, DUE + 5), send(claim, DUE + 5)]);
  expect(outcomes.map((outcome) => outcome?.kind).sort()).toEqual(['delivered', undefined, undefined]);
  expect(await runs()).toEqual([{ due_at: DUE, state: 'sent', attempts: 1, next_try_at: null, reason: null }]);
  expect(asked.at(-1)).toMatchObject({ from: DUE - 7 * 24 * 60 * MINUTE, to: DUE, labels: null });

  expect(mails).toHaveLength(1);
  const { to, raw } = mails[0] ?? { to: [], raw: '' };
  expect(to).toEqual(['boss@example.com', 'team@example.com']);
  expect(raw).toContain('Subject: Fleet, 15 Jun 2026');
  expect(raw).toContain('https://fleet.example.com/dashboards/');
  const { title, pages } = await readPdf(attachedTo(raw));
  expect([title, pages.join(' ')]).toEqual(['Fleet', expect.stringContaining('4.32k')]);

  const { rows } = await fresh.database.query<{ next_at: number }>('select next_at from report_schedules');
  expect(rows[0]?.next_at).toBe(DUE + 7 * 24 * 60 * MINUTE);
});

it('is of a scope and of what variables were chosen to stand for, and says both', async () => {
  const labels = { project: 'checkout', environment: 'production' };
  const variables = { who: 'agent-2', gone: 'agent-3' };
  await addSchedule(DUE, { labels, variables }, { set: 'agent', keys: ['$who'] });
  await noteDueReports(fresh.database, DUE);
  const [claim] = await claimReports(fresh.database, DUE);
  if (claim === undefined) throw new Error('nothing was claimed');
  expect(await send(claim, DUE)).toMatchObject({ kind: 'delivered' });
  expect(asked.at(-1)).toMatchObject({ keys: ['agent-2'], labels });

  const raw = mails[0]?.raw ?? '';
  const words = 'environment = production, project = checkout';
  expect(raw.replaceAll(/\r\n /g, ' ')).toContain(`Subject: Fleet, ${words}, 15 Jun 2026`);
  const text = raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
  expect(text).toContain(`Only ${words}\r\nwho: agent-2\r\nhttps://fleet.example.com/dashboards/`);
  expect(text).toContain('&scope=environment%3Aproduction%2Cproject%3Acheckout&var.who=agent-2\r\n');
  expect((await readPdf(attachedTo(raw))).pages.join(' ')).toContain(words);
});

it('is not tried again where its question is refused', async () => {
  await addSchedule(DUE, { labels: { size: 'large' } });
  await noteDueReports(fresh.database, DUE);
  const [claim] = await claimReports(fresh.database, DUE);
  if (claim === undefined) throw new Error('nothing was claimed');
  expect(await send(claim, DUE)).toMatchObject({ kind: 'permanent' });
  expect(await runs()).toMatchObject([{ state: 'failed', attempts: 1, reason: 'too many carry these labels' }]);
  expect(mails).toEqual([]);
});

it('tries again where the server is busy, under the same Message-ID, and gives up where it refuses', async () => {
  await addSchedule();
  await noteDueReports(fresh.database, DUE);
  refusal = Object.assign(new Error('busy'), { responseCode: 451 });
  const [first] = await claimReports(fresh.database, DUE);
  if (first === undefined) throw new Error('nothing was claimed');
  expect(await send(first, DUE)).toMatchObject({ kind: 'retryable', status: 451 });
  expect(await runs()).toMatchObject([{ state: 'retrying', attempts: 1, next_try_at: DUE + MINUTE }]);
  expect(await claimReports(fresh.database, DUE + MINUTE - 1)).toEqual([]);
  const [second] = await claimReports(fresh.database, DUE + MINUTE);
  // Whoever had it dies; after its lease another takes it.
  const [third] = await claimReports(fresh.database, DUE + MINUTE + LEASE_MS);
  expect(third).toEqual(second);
  refusal = Object.assign(new Error('no such user'), { responseCode: 550 });
  if (third === undefined) throw new Error('nothing was claimed');
  expect(await send(third, DUE + MINUTE + LEASE_MS)).toMatchObject({ kind: 'permanent' });
  expect(await runs()).toMatchObject([
    { state: 'failed', attempts: 2, reason: expect.stringContaining('no such user') as string },
  ]);
});

it('says why nothing goes over a channel that is gone', async () => {
  const { channel } = await addSchedule();
  await fresh.database.query('update channels set enabled = false where id = $1', [channel]);
  await noteDueReports(fresh.database, DUE);
  const [claim] = await claimReports(fresh.database, DUE);
  if (claim === undefined) throw new Error('nothing was claimed');
  expect(await send(claim, DUE)).toMatchObject({ kind: 'permanent', reason: expect.stringContaining('switched off') as string });
  expect(mails).toEqual([]);
});

it('makes up for the newest of what was missed, and goes with its dashboard', async () => {
  await addSchedule(DUE - 3 * 7 * 24 * 60 * MINUTE);
  await noteDueReports(fresh.database, DUE + MINUTE);
  expect(await runs()).toMatchObject([{ due_at: DUE }]);
  await fresh.database.query('delete from visualizations');
  expect(await runs()).toEqual([]);
});
