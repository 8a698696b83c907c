import type { Notice, NoticeAlert, NoticeKind } from '@fleetbeat/contracts/delivery.ts';

/** What people read of a notice, wherever it goes. Pure. */

/** Cut to at most `max` UTF-16 units, never inside of a character, with an ellipsis where something is missing. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** As `shorten`, by bytes of UTF-8. */
export function shortenBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  let cut = shorten(text, max);
  while (Buffer.byteLength(cut) > max)
    cut = shorten(cut, Math.min(cut.length - 1, Math.floor((cut.length * max) / Buffer.byteLength(cut))));
  return cut;
}

/** As many items as fit into `maxBytes` of JSON, from the first. */
export function fitting<T>(items: readonly T[], maxBytes: number): T[] {
  let left = maxBytes;
  const end = items.findIndex((item) => (left -= Buffer.byteLength(JSON.stringify(item)) + 1) < 0);
  return items.slice(0, end < 0 ? items.length : end);
}

const WORDS: Readonly<Record<NoticeKind, string>> = {
  firing: 'Firing',
  repeat: 'Still firing',
  escalated: 'Escalated',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  approved: 'Approved',
  test: 'Test',
};

/** What has happened, in a word or two. */
export function kindWord({ kind }: Notice): string {
  return WORDS[kind];
}

/** A sign before the title, for what has no colour. */
export function signOf({ kind, severity }: Notice): string {
  if (kind === 'resolved') return '✅';
  if (kind === 'acknowledged') return '👀';
  return { error: '🔴', warning: '🟠', info: '🔵' }[severity];
}

/** As 24-bit RGB. */
export function colourOf({ kind, severity }: Notice): number {
  return kind === 'resolved' ? 0x2e_a0_43 : { error: 0xd7_3a_49, warning: 0xd2_99_22, info: 0x1f_6f_eb }[severity];
}

/** Alerts that are told one by one. */
const LISTED = 10;

/** The lines below the title: what the notice says itself, else its alerts one by one. Possibly empty. */
export function detailsOf({ body, alerts, more_alerts: more }: Notice): string {
  if (body.trim() !== '') return body.trim();
  const beyond = alerts.length - Math.min(alerts.length, LISTED) + more;
  return [...alerts.slice(0, LISTED).map(alertLine), ...(beyond > 0 ? [`and ${beyond} more`] : [])].join('\n');
}

function alertLine({ rule_name: rule, key, state, severity, annotations }: NoticeAlert): string {
  const summary = annotations['summary'];
  return `${state === 'resolved' ? 'resolved' : severity}: ${rule}, ${key}${summary === undefined ? '' : `: ${summary}`}`;
}

/** Runbooks of the alerts, each once, at most three. */
export function runbooksOf({ alerts }: Notice): string[] {
  return [...new Set(alerts.flatMap(({ runbook_url: url }) => (url === null ? [] : [url])))].slice(0, 3);
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** `a=1, b=2`; empty where there are none. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** Markdown that reads as the text itself, as Discord and Adaptive Cards take it. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()<>#+!|~-]/g, '\\$&');
}
