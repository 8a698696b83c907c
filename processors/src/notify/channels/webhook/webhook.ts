import { createHmac } from 'node:crypto';
import { jsonRequest, type HttpChannel } from '../channel.ts';

/**
 * Fleetbeat's own payload: the notice as it is. With a signing secret, `Fleetbeat-Signature: t=<seconds>,v1=<hex>` signs
 * `<seconds>.<body>` by HMAC-SHA-256, so that the receiver knows who sent it and when.
 */
export const webhook: HttpChannel<'webhook'> = {
  request({ notice, idempotencyKey, config, secrets, now }) {
    const request = jsonRequest(config.url, idempotencyKey, { version: 1, id: idempotencyKey, notice });
    const headers: Record<string, string> = { ...request.headers };
    if (secrets.authorization !== undefined) headers['authorization'] = secrets.authorization;
    if (secrets.signing_secret !== undefined) {
      headers['fleetbeat-signature'] = signatureOf(secrets.signing_secret, Math.floor(now / 1_000), request.body);
    }
    return { ...request, headers };
  },
  reading: {},
};

export function signatureOf(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
