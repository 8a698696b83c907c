import { createServer, type AddressInfo, type Server } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { CHANNEL_SCHEMAS, type ChannelConfig } from '@fleetbeat/contracts/channels.ts';
import { createTargetRule, type AllowedTargets } from '@fleetbeat/infra/net/target-rule.ts';
import type { Outcome } from '../../delivery/outcome.ts';
import { AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { sendEmail } from './email.ts';

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

let stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops) await stop();
  stops = [];
});

/** A real SMTP server; STARTTLS is offered with a certificate that nobody has signed. */
async function startSmtp(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const raw = Buffer.concat(chunks).toString('utf8');
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          ...readMail(raw),
        });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const port = await listen(server.server as Server);
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port, mails };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

function readMail(raw: string): Pick<Mail, 'headers' | 'text'> {
  const [head = '', ...parts] = raw.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { headers, text: parts.join('\r\n\r\n').replaceAll(/=\r\n/g, '').replaceAll('\r\n', '\n') };
}

function send(
  config: Partial<ChannelConfig<'email'>>,
  over: { of?: ReturnType<typeof notice>; key?: string; allowed?: AllowedTargets; password?: string; timeoutMs?: number } = {},
): Promise<Outcome> {
  const { of = notice(), key = 'k', allowed = true, password, timeoutMs = 5_000 } = over;
  const outgoing = {
    notice: of,
    idempotencyKey: key,
    config: CHANNEL_SCHEMAS.email.config.parse({
      host: '127.0.0.1',
      security: 'none',
      from: 'fleet@example.com',
      to: ['oncall@example.com', 'team@example.com'],
      ...config,
    }),
    secrets: password === undefined ? {} : { password },
    now: AT,
  };
  const http = () => Promise.reject(new Error('e-mail needs no HTTP'));
  return sendEmail(outgoing, { http, targetRule: createTargetRule(allowed), timeoutMs });
}

describe('an e-mail', () => {
  it('arrives at everybody, as one thread for an incident', async () => {
    const { port, mails } = await startSmtp();
    for (const [key, kind] of [
      ['a', 'firing'],
      ['a', 'firing'],
      ['b', 'resolved'],
    ] as const) {
      expect(await send({ port }, { key, of: notice({ kind }) })).toMatchObject({ kind: 'delivered', status: 250 });
    }
    const [first, again, end] = mails;
    expect(first).toMatchObject({
      from: 'fleet@example.com',
      to: ['oncall@example.com', 'team@example.com'],
      headers: { subject: '[Firing] agent-1 is offline', 'auto-submitted': 'auto-generated', 'x-fleetbeat-severity': 'error' },
    });
    expect(first?.text).toContain('error: Agent offline, agent-1: agent-1 has been silent for 95 s');
    expect(first?.text).toContain('https://fleet.example.com/incidents/7');
    expect(again?.headers['message-id']).toBe(first?.headers['message-id']);
    expect(end?.headers['message-id']).not.toBe(first?.headers['message-id']);
    expect(end?.headers['references']).toBe(first?.headers['references']);
  });

  it('is taken, whatever is in the notice', async () => {
    const { port, mails } = await startSmtp();
    for (const of of EVERY_NOTICE) expect(await send({ port }, { of })).toMatchObject({ kind: 'delivered' });
    await send({ port }, { of: notice({ title: 'a\r\nBcc: everybody@example.com' }) });
    expect(mails.at(-1)?.to).toHaveLength(2);
    expect(mails.at(-1)?.headers).not.toHaveProperty('bcc');
  });

  it.each<readonly [string, number, Outcome['kind']]>([
    ['no such user', 550, 'permanent'],
    ['over quota', 452, 'retryable'],
  ])('that is refused with "%s" is %i: %s', async (message, responseCode, kind) => {
    const { port } = await startSmtp({
      onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error(message), { responseCode })),
    });
    const outcome = await send({ port });
    expect(outcome).toMatchObject({ kind, status: responseCode });
    expect(outcome.reason).toContain(message);
  });

  it('that is refused for some is delivered, and says for whom it was not', async () => {
    const { port, mails } = await startSmtp({
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('team') ? Object.assign(new Error('no'), { responseCode: 550 }) : null),
    });
    expect(await send({ port })).toMatchObject({ kind: 'delivered', reason: 'refused for team@example.com' });
    expect(mails[0]?.to).toEqual(['oncall@example.com']);
  });

  it('is not sent over a connection that cannot be trusted', async () => {
    const seen: string[] = [];
    const { port, mails } = await startSmtp({
      onAuth: ({ username = '' }, _session, callback) => {
        seen.push(username);
        callback(null, { user: username });
      },
    });
    const outcome = await send({ port, security: 'starttls', username: 'fleet' }, { password: 'hunter2' });
    expect(outcome.kind).toBe('retryable');
    expect([seen, mails]).toEqual([[], []]);
  });

  it('waits for a server that does not speak, cuts it off, and comes back', async () => {
    const silent = createServer(() => undefined);
    const port = await listen(silent);
    stops.push(() => new Promise((resolve) => silent.close(() => resolve())));
    expect(await send({ port }, { timeoutMs: 200 })).toMatchObject({ kind: 'retryable', status: null });
    expect(await send({ port: 9 })).toMatchObject({ kind: 'retryable' });
    expect(await send({ host: 'nowhere.invalid' })).toMatchObject({ kind: 'retryable' });
  });

  it('does not go where it must not', async () => {
    const { port, mails } = await startSmtp();
    for (const host of ['127.0.0.1', 'localhost']) {
      const outcome = await send({ host, port }, { allowed: [] });
      expect(outcome).toMatchObject({ kind: 'permanent', reason: expect.stringContaining('NOTIFY_ALLOW_PRIVATE') as string });
    }
    expect(mails).toEqual([]);
  });
});
