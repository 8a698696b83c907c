import { memberOf } from '../../delivery/outcome.ts';
import { jsonRequest, type HttpChannel } from '../channel.ts';
import { colourOf, detailsOf, escapeMarkdown, isoTime, kindWord, labelText, shorten, signOf } from '../notice-text.ts';

/**
 * A webhook with one embed. Limits: title 256 characters, description 4,096, a field's value 1,024, all of it 6,000. With
 * `wait` Discord answers when it has stored the message, and tells its id. Nobody is called by what is in a name.
 */
export const discord: HttpChannel<'discord'> = {
  request({ notice, idempotencyKey, config, secrets }) {
    const url = new URL(secrets.url);
    url.searchParams.set('wait', 'true');
    const labels = labelText(notice.group_labels);
    const details = detailsOf(notice);
    const embed = {
      title: shorten(`${signOf(notice)} ${escapeMarkdown(notice.title)}`, 256),
      ...(details === '' ? {} : { description: shorten(escapeMarkdown(details), 4_000) }),
      url: notice.url,
      color: colourOf(notice),
      timestamp: isoTime(notice.at),
      fields: [
        { name: 'State', value: kindWord(notice), inline: true },
        { name: 'Severity', value: notice.severity, inline: true },
        ...(labels === '' ? [] : [{ name: 'Labels', value: shorten(escapeMarkdown(labels), 1_000) }]),
      ],
    };
    return jsonRequest(url.href, idempotencyKey, {
      username: config.username ?? 'Fleetbeat',
      allowed_mentions: { parse: [] },
      embeds: [embed],
    });
  },
  reading: {
    providerId: (body) => memberOf(body, 'id'),
    retryAfterS: (body) => memberOf(body, 'retry_after'),
  },
};
