import { memberOf } from '../../delivery/outcome.ts';
import { jsonRequest, type HttpChannel } from '../channel.ts';
import { detailsOf, kindWord, runbooksOf, shorten, signOf } from '../notice-text.ts';

/** A bot's message. At most 4,096 characters; plain text with the title marked as bold, so that nothing is to be escaped. */
export const telegram: HttpChannel<'telegram'> = {
  request({ notice, idempotencyKey, config, secrets }) {
    const title = `${signOf(notice)} ${notice.title}`;
    const rest = [
      `${kindWord(notice)}, ${notice.severity}`,
      shorten(detailsOf(notice), 3_000),
      notice.url,
      ...runbooksOf(notice).map((url) => `Runbook: ${url}`),
    ];
    const text = shorten([title, ...rest.filter((line) => line !== '')].join('\n'), 4_096);
    return jsonRequest(`${config.api_url}/bot${secrets.bot_token}/sendMessage`, idempotencyKey, {
      chat_id: config.chat_id,
      ...(config.message_thread_id === undefined ? {} : { message_thread_id: config.message_thread_id }),
      text,
      entities: [{ type: 'bold', offset: 0, length: title.length }],
      link_preview_options: { is_disabled: true },
      disable_notification: notice.severity === 'info' || notice.kind === 'resolved',
    });
  },
  reading: {
    providerId: (body) => memberOf(body, 'result', 'message_id'),
    retryAfterS: (body) => memberOf(body, 'parameters', 'retry_after'),
  },
};
