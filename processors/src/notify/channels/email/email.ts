import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { ChannelConfig, ChannelSecrets } from '@fleetbeat/contracts/channels.ts';
import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import { failureWords } from '../../delivery/failure-words.ts';
import { isRefusedTarget, resolveChecked } from '../../delivery/http-sender.ts';
import { permanent, retryable, type Outcome } from '../../delivery/outcome.ts';
import type { Effects, Outgoing, Send } from '../channel.ts';
import { detailsOf, isoTime, kindWord, labelText, runbooksOf, shorten } from '../notice-text.ts';

/** E-mail over SMTP. Every attempt of a delivery has one Message-ID, and all about an incident are one thread. */
export const sendEmail: Send<'email'> = (outgoing, effects) =>
  sendMail(outgoing.config, outgoing.secrets, emailOf(outgoing), effects);

/** Hands a mail to the server of a channel, and answers how that went; never rejects for what is the other side's doing. */
export async function sendMail(
  config: Pick<ChannelConfig<'email'>, 'host' | 'port' | 'security' | 'username'>,
  secrets: ChannelSecrets<'email'>,
  mail: SendMailOptions,
  { targetRule, timeoutMs }: Pick<Effects, 'targetRule' | 'timeoutMs'>,
): Promise<Outcome> {
  let address: string;
  try {
    address = await resolveChecked(config.host, targetRule);
  } catch (error) {
    const reason = failureWords(error);
    return isRefusedTarget(error) ? permanent(reason) : retryable(reason);
  }
  const transport = createTransport({
    host: address,
    port: config.port,
    secure: config.security === 'tls',
    requireTLS: config.security === 'starttls',
    ignoreTLS: config.security === 'none',
    // The connection goes to the address that was checked, the certificate is that of the name.
    tls: isIP(config.host) === 0 ? { servername: config.host } : {},
    ...(config.username === undefined ? {} : { auth: { user: config.username, pass: secrets.password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sent = await within(2 * timeoutMs, transport.sendMail(mail));
    const reason = sent.rejected.length === 0 ? undefined : `refused for ${sent.rejected.join(', ')}`;
    return { kind: 'delivered', status: 250, providerId: sent.messageId, reason };
  } catch (error) {
    return failureOf(error);
  } finally {
    transport.close();
  }
}

/** The timeouts of a socket begin anew with every byte: this one does not. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is handed to nodemailer, which folds, encodes and escapes. Pure. */
export function emailOf({ notice, idempotencyKey, config }: Outgoing<'email'>) {
  const domain = config.from.slice(config.from.lastIndexOf('@') + 1);
  const thread = messageId(`thread ${notice.dedup_key}`, domain);
  return {
    from: { name: 'Fleetbeat', address: config.from },
    to: [...config.to],
    subject: shorten(`[${kindWord(notice)}] ${notice.title}`, 200),
    text: textOf(notice),
    messageId: messageId(idempotencyKey, domain),
    inReplyTo: thread,
    references: thread,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Fleetbeat-Severity': notice.severity },
  };
}

/** The same for the same key: whoever is sent a mail twice sees it once. */
export function messageId(key: string, domain: string): string {
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${domain}>`;
}

function textOf(notice: Notice): string {
  const labels = labelText(notice.group_labels);
  const facts = [
    `${kindWord(notice)}, ${notice.severity}`,
    `Since ${isoTime(notice.started_at)}`,
    ...(labels === '' ? [] : [`Labels: ${labels}`]),
    notice.url,
    ...runbooksOf(notice).map((url) => `Runbook: ${url}`),
  ];
  return `${[notice.title, shorten(detailsOf(notice), 50_000), facts.join('\n')].filter((part) => part !== '').join('\n\n')}\n`;
}

/** SMTP: 4xx may pass, 5xx will not (RFC 5321, 4.2.1); what never got an answer may. */
export function failureOf(error: unknown): Outcome {
  const code = typeof error === 'object' && error !== null && 'responseCode' in error ? error.responseCode : undefined;
  if (typeof code !== 'number') return retryable(shorten(failureWords(error), 300));
  // What the server says, as it says it.
  const message = error instanceof Error ? error.message : String(error);
  return code >= 500 ? permanent(shorten(message, 300), code) : retryable(shorten(message, 300), { status: code });
}
