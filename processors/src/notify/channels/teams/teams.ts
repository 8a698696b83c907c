import { jsonRequest, type HttpChannel } from '../channel.ts';
import {
  detailsOf,
  escapeMarkdown,
  isoTime,
  kindWord,
  labelText,
  runbooksOf,
  shorten,
  shortenBytes,
  signOf,
} from '../notice-text.ts';

/**
 * An Adaptive Card for the webhook of a workflow ("post to a channel when a webhook request is received"). A message has at
 * most 28 kB; what may be long is kept to 12 kB.
 */
export const teams: HttpChannel<'teams'> = {
  request({ notice, idempotencyKey, secrets }) {
    const details = detailsOf(notice);
    const labels = labelText(notice.group_labels);
    const facts = [
      { title: 'State', value: kindWord(notice) },
      { title: 'Severity', value: notice.severity },
      { title: 'Since', value: isoTime(notice.started_at) },
      ...(labels === '' ? [] : [{ title: 'Labels', value: escapeMarkdown(shorten(labels, 500)) }]),
    ];
    const links = [
      { type: 'Action.OpenUrl', title: 'Open in Fleetbeat', url: notice.url },
      ...runbooksOf(notice).map((url) => ({ type: 'Action.OpenUrl', title: 'Runbook', url })),
    ];
    const title = `${signOf(notice)} ${escapeMarkdown(notice.title)}`;
    const card = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      msteams: { width: 'Full' },
      body: [
        { type: 'TextBlock', size: 'Large', weight: 'Bolder', wrap: true, color: colour(notice), text: title },
        // Two line breaks are one in a card.
        ...(details === ''
          ? []
          : [{ type: 'TextBlock', wrap: true, text: escapeMarkdown(shortenBytes(details, 6_000)).replaceAll(/\n+/g, '\n\n') }]),
        { type: 'FactSet', facts },
      ],
      actions: links,
    };
    return jsonRequest(secrets.url, idempotencyKey, {
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
    });
  },
  reading: {},
};

function colour({ kind, severity }: { kind: string; severity: 'info' | 'warning' | 'error' }): string {
  return kind === 'resolved' ? 'Good' : { error: 'Attention', warning: 'Warning', info: 'Accent' }[severity];
}
