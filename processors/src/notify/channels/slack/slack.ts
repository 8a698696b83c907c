import { jsonRequest, type HttpChannel } from '../channel.ts';
import { colourOf, detailsOf, kindWord, labelText, runbooksOf, shorten, signOf } from '../notice-text.ts';

/**
 * An incoming webhook with Block Kit. Limits: a header 150 characters, a section 3,000; at most 50 blocks. Slack takes the
 * same message twice: it knows no idempotency key.
 */
export const slack: HttpChannel<'slack'> = {
  request({ notice, idempotencyKey, secrets }) {
    const title = `${signOf(notice)} ${notice.title}`;
    const details = detailsOf(notice);
    const labels = labelText(notice.group_labels);
    const facts = [
      `*${kindWord(notice)}*`,
      notice.severity,
      ...(labels === '' ? [] : [shortenEscaped(labels, 500)]),
      `<${linkTarget(notice.url)}|Open in Fleetbeat>`,
      ...runbooksOf(notice).map((url) => `<${linkTarget(url)}|Runbook>`),
    ];
    const blocks = [
      { type: 'header', text: { type: 'plain_text', text: shorten(title, 150), emoji: true } },
      ...(details === '' ? [] : [section(shortenEscaped(details, 3_000))]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: joined(facts, 3_000) }] },
    ];
    const colour = `#${colourOf(notice).toString(16).padStart(6, '0')}`;
    // `text` is what a phone shows; the blocks in an attachment have the colour beside them.
    return jsonRequest(secrets.url, idempotencyKey, { text: escape(title), attachments: [{ color: colour, blocks }] });
  },
  reading: {},
};

/** Whole parts, as many as fit. */
function joined(parts: readonly string[], max: number): string {
  return parts.reduce((text, part) => (text.length + part.length + 5 > max ? text : `${text}  ·  ${part}`));
}

function section(text: string) {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

/** Slack's control characters, and no more, are escaped: else `<!channel>` in a name would call everybody. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function linkTarget(url: string): string {
  return escape(url).replaceAll('|', '%7C');
}

/** Escaped and short, and never cut inside of an escape. */
function shortenEscaped(text: string, max: number): string {
  let cut = text;
  while (escape(cut).length > max) cut = shorten(cut, cut.length - Math.max(1, Math.ceil((escape(cut).length - max) / 5)));
  return escape(cut);
}
