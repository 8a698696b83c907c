import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReportSchedule } from '@fleetbeat/contracts/reports.ts';
import { nextDue } from '@fleetbeat/infra/reports/next-due.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
let operatorKey: string;
let path: string;
let channel: string;

beforeAll(async () => {
  bff = await startTestBff({ NOTIFY_ALLOW_PRIVATE: '127.0.0.0/8' });
  operatorKey = await bff.makeKey(['read', 'operate']);
  const dashboard = await ask<{ id: string }>('POST', '/dashboards', { name: 'Fleet' });
  path = `/dashboards/${dashboard.body.id}/report-schedules`;
  const config = { host: '127.0.0.1', port: 2525, security: 'none', from: 'a@example.com', to: ['b@example.com'] };
  channel = (await ask<{ id: string }>('POST', '/channels', { type: 'email', name: 'Mail', config })).body.id;
});
afterAll(() => bff.stop());

async function ask<T>(method: string, of: string, body?: unknown, headers: Record<string, string> = {}, key = operatorKey) {
  const response = await fetch(`${bff.url}/api/v1${of}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T, etag: response.headers.get('etag') };
}

it('are added, changed by who has seen them, sent once by hand and deleted, and all of it is audited', async () => {
  const before = Date.now();
  const input = {
    every: 'daily',
    at: '07:30',
    time_zone: 'Europe/Berlin',
    span: '24h',
    channel_id: channel,
    recipients: ['x@example.com'],
    labels: { environment: 'production' },
    variables: { who: 'agent-2' },
  };
  const added = await ask<ReportSchedule>('POST', path, input);
  expect(added).toMatchObject({ status: 201, etag: '"1"', body: { ...input, enabled: true, last: null, revision: 1 } });
  expect(added.body.next_at).toBe(nextDue(added.body, before));
  const one = `${path}/${added.body.id}`;

  expect((await ask('PUT', one, { ...input, enabled: false })).status).toBe(428);
  expect((await ask('PUT', one, { ...input, enabled: false }, { 'if-match': '"9"' })).status).toBe(412);
  const off = await ask<ReportSchedule>('PUT', one, { ...input, enabled: false }, { 'if-match': '"1"' });
  expect(off).toMatchObject({ status: 200, body: { enabled: false, next_at: null, revision: 2 } });

  expect(await ask('POST', `${one}/send`)).toMatchObject({ status: 202, body: { last: { state: 'queued', attempts: 0 } } });
  expect(await ask('POST', `${one}/send`)).toMatchObject({ status: 409, body: { type: 'urn:fleetbeat:problem:report-waits' } });
  expect((await ask<{ items: ReportSchedule[] }>('GET', path)).body.items).toMatchObject([{ id: added.body.id }]);

  expect((await ask('DELETE', one, undefined, { 'if-match': '"2"' })).status).toBe(204);
  expect((await ask('GET', one)).status).toBe(404);
  const { rows } = await bff.database.query<{ action: string; labels: unknown }>(
    `select action, changes #> '{labels,after}' as labels from audit_logs where entity_type = 'report_schedule' order by id`,
  );
  expect(rows.map(({ action }) => action)).toEqual(['created', 'updated', 'updated', 'deleted']);
  expect(rows[0]?.labels).toEqual(input.labels);
});

it.each([
  ['nobody to write to', { recipients: [] }, /recipients: name at least one/],
  ['somebody who is no address', { recipients: ['me\r\nBcc: all@example.com'] }, /recipients/],
  ['a time that no clock shows', { at: '25:00' }, /at: must be a time like 08:00/],
  ['a day that some months lack', { day: 31 }, /day/],
  ['a zone that is nowhere', { time_zone: 'Mars/Olympus' }, /time_zone: is no time zone/],
  ['a label that no agent could carry', { labels: { 'a b': 'x' } }, /labels/],
  ['a variable that no dashboard could have', { variables: { 'A b': 'x' } }, /variables/],
  ['a variable that stands for nothing', { variables: { who: '' } }, /variables/],
  ['a channel that is none', { channel_id: 'nothing' }, /there is no e-mail channel of this id/],
])('refuse %s', async (_, wrong, reason) => {
  const refused = await ask<{ detail: string }>('POST', path, { channel_id: channel, recipients: ['x@example.com'], ...wrong });
  expect(refused.status).toBe(400);
  expect(refused.body.detail).toMatch(reason);
});

it('are of no dashboard that is not there, and not for who may only read', async () => {
  const input = { channel_id: channel, recipients: ['x@example.com'] };
  expect((await ask('POST', '/dashboards/nothing/report-schedules', input)).status).toBe(404);
  expect((await ask('GET', '/dashboards/nothing/report-schedules')).status).toBe(404);
  const reader = await bff.makeKey(['read']);
  expect((await ask('GET', path, undefined, {}, reader)).status).toBe(403);
});
