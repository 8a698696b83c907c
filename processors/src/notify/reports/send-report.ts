import { CHANNEL_SCHEMAS, type ChannelConfig, type ChannelSecrets } from '@fleetbeat/contracts/channels.ts';
import type { Dashboard } from '@fleetbeat/contracts/dashboards.ts';
import { REPORT_SPANS, type ReportScheduleInput } from '@fleetbeat/contracts/reports.ts';
import { scopeLabels, scopeText, scopeWords } from '@fleetbeat/contracts/scope-text.ts';
import { decrypt } from '@fleetbeat/infra/access/encrypt.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { storableText } from '@fleetbeat/infra/database/storable.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { MakeReport } from '@fleetbeat/infra/reports/dashboard-report.ts';
import type { Effects } from '../channels/channel.ts';
import { messageId, sendMail } from '../channels/email/email.ts';
import { shorten } from '../channels/notice-text.ts';
import { hideSecrets } from '../delivery/hide-secrets.ts';
import { permanent, retryable, type Outcome } from '../delivery/outcome.ts';
import { LEASE_MS, type ReportClaim } from './claim-reports.ts';

export interface SendReportParts {
  readonly database: Database;
  /** What channels' secrets are encrypted under. */
  readonly secret: string;
  readonly makeReport: MakeReport;
  readonly effects: Pick<Effects, 'targetRule' | 'timeoutMs'>;
  /** Base of links, without a slash at its end. */
  readonly publicUrl: string;
  readonly now: () => number;
}

const MINUTE = 60_000;
/** Waits before the second and every further try. */
const WAITS = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE];
/** Windows that a chart of a report has at most. */
const WINDOWS = 300;
const STEPS = [10 * MINUTE, 30 * MINUTE, 60 * MINUTE, 180 * MINUTE];

interface Begun {
  readonly id: number;
  readonly attempts: number;
  readonly due_at: number;
  readonly definition: ReportScheduleInput;
  readonly dashboard_id: string;
  readonly name: string;
  readonly dashboard: Omit<Dashboard, 'name'>;
  readonly channel_id: string | null;
  readonly config: unknown;
  readonly secrets: Buffer | null;
}

/**
 * Makes one attempt to mail a report. The attempt is counted by its row before anything is sent, so that of any number of
 * jobs for it one sends; a mail that is sent twice all the same, by a process that died in between, has one Message-ID.
 * Answers null where another has it.
 */
export function createSendReport(parts: SendReportParts): (claim: ReportClaim) => Promise<Outcome | null> {
  return async ({ run, attempts }) => {
    const { rows } = await parts.database.query<Begun>(
      `with begun as (
         update report_runs set attempts = attempts + 1, next_try_at = $3::bigint + $4
         where id = $1 and attempts = $2 and state in ('queued', 'retrying') returning *
       )
       select b.id, b.attempts, b.due_at, s.definition, s.dashboard_id, v.name, v.definition as dashboard,
         c.id as channel_id, c.config, c.secrets
       from begun b join report_schedules s on s.id = b.schedule_id join visualizations v on v.id = s.dashboard_id
       left join channels c on c.id = s.definition ->> 'channel_id' and c.type = 'email' and c.enabled and c.deleted_at is null`,
      [run, attempts, parts.now(), LEASE_MS],
    );
    const [begun] = rows;
    if (begun === undefined) return null;
    const outcome = await attempt(parts, begun).catch(outcomeOfError);
    await finish(parts, begun, outcome);
    return outcome;
  };
}

/** What the question of a panel is refused for, such as a scope that is too large, no further try mends. */
function outcomeOfError(error: unknown): Outcome {
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof HttpProblem && error.status < 500 ? permanent(reason) : retryable(reason);
}

async function attempt(parts: SendReportParts, begun: Begun): Promise<Outcome> {
  const channel = channelOf(parts, begun);
  if ('kind' in channel) return channel;
  const { config, secrets } = channel;
  const { definition, due_at: due } = begun;
  const scope = scopeLabels(definition.labels);
  const length = REPORT_SPANS[definition.span];
  const stepMs = STEPS.find((step) => length / step <= WINDOWS) ?? length;
  const [from, to] = [due - length, due];
  const content = await parts.makeReport({
    dashboard: { ...begun.dashboard, name: begun.name },
    from,
    to,
    range: { from: Math.floor(from / stepMs) * stepMs, to: Math.ceil(to / stepMs) * stepMs, stepMs },
    timeZone: definition.time_zone,
    variables: definition.variables,
    labels: scope.length === 0 ? null : definition.labels,
    madeAt: parts.now(),
  });
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: definition.time_zone }).format(due);
  const domain = config.from.slice(config.from.lastIndexOf('@') + 1);
  const mail = {
    from: { name: 'Fleetbeat', address: config.from },
    to: [...definition.recipients],
    subject: shorten([begun.name, scopeWords(scope), day].filter(Boolean).join(', '), 200),
    text: textOf(parts.publicUrl, begun, from, to),
    messageId: messageId(`report ${begun.id}`, domain),
    headers: { 'Auto-Submitted': 'auto-generated' },
    attachments: [{ filename: `${fileName(begun.name)}.pdf`, content, contentType: 'application/pdf' }],
  };
  const outcome = await sendMail(config, secrets, mail, parts.effects);
  return outcome.reason === undefined ? outcome : { ...outcome, reason: hideSecrets(outcome.reason, Object.values(secrets)) };
}

function channelOf(
  { secret }: SendReportParts,
  begun: Begun,
): { config: ChannelConfig<'email'>; secrets: ChannelSecrets<'email'> } | Outcome {
  if (begun.channel_id === null) return permanent('its e-mail channel is switched off or deleted');
  let text: string;
  try {
    text = begun.secrets === null ? '{}' : decrypt(secret, begun.channel_id, begun.secrets);
  } catch {
    return permanent('the secrets of the channel cannot be decrypted: FLEETBEAT_SECRET is another one; set them again');
  }
  const config = CHANNEL_SCHEMAS.email.config.safeParse(begun.config);
  const secrets = CHANNEL_SCHEMAS.email.secrets.safeParse(JSON.parse(text));
  if (!config.success || !secrets.success) return permanent('the configuration of the channel is not complete: save it again');
  return { config: config.data, secrets: secrets.data };
}

function textOf(publicUrl: string, { name, dashboard, dashboard_id: id, definition }: Begun, from: number, to: number): string {
  const shape = { dateStyle: 'medium', timeStyle: 'short', timeZone: definition.time_zone } as const;
  const format = new Intl.DateTimeFormat('en-GB', shape);
  const range = `${format.format(from)} to ${format.format(to)} (${definition.time_zone})`;
  const scope = scopeLabels(definition.labels);
  const chosen = dashboard.variables.flatMap((variable) => {
    const value = definition.variables[variable.name];
    return value === undefined ? [] : [{ variable: variable.name, value }];
  });
  const query = new URLSearchParams({ range: `${from}-${to}` });
  if (scope.length > 0) query.set('scope', scopeText(scope));
  for (const { variable, value } of chosen) query.set(`var.${variable}`, value);
  const about = [
    range,
    ...(scope.length > 0 ? [`Only ${scopeWords(scope)}`] : []),
    ...chosen.map(({ variable, value }) => `${variable}: ${value}`),
    `${publicUrl}/dashboards/${encodeURIComponent(id)}?${query.toString()}`,
  ];
  return `${[name, dashboard.description, about.join('\n')].filter((part) => part.trim() !== '').join('\n\n')}\n`;
}

function fileName(name: string): string {
  return shorten(name.replaceAll(/[^\p{L}\p{N} ._-]+/gu, ' ').trim() || 'dashboard', 80);
}

async function finish({ database, now }: SendReportParts, { id, attempts }: Begun, outcome: Outcome): Promise<void> {
  const at = now();
  const wait = outcome.kind === 'retryable' ? WAITS[attempts - 1] : undefined;
  const delivered = outcome.kind === 'delivered';
  const state = delivered ? 'sent' : wait === undefined ? 'failed' : 'retrying';
  await database.query(
    `update report_runs set state = $3, next_try_at = $4, reason = $5, sent_at = $6
     where id = $1 and (attempts = $2 or $7) and state in ('queued', 'retrying')`,
    [
      id,
      attempts,
      state,
      wait === undefined ? null : at + wait,
      storableText(outcome.reason ?? null),
      delivered ? at : null,
      delivered,
    ],
  );
}
