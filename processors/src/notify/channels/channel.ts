import type { ChannelConfig, ChannelSecrets } from '@fleetbeat/contracts/channels.ts';
import type { ChannelType, Notice } from '@fleetbeat/contracts/delivery.ts';
import type { TargetRule } from '@fleetbeat/infra/net/target-rule.ts';
import type { HttpRequest, HttpSend } from '../delivery/http-sender.ts';
import { outcomeOf, type AnswerReading, type Outcome } from '../delivery/outcome.ts';

/** A notice on its way over a channel. */
export interface Outgoing<T extends ChannelType> {
  readonly notice: Notice;
  /** The same with every attempt. */
  readonly idempotencyKey: string;
  readonly config: ChannelConfig<T>;
  readonly secrets: ChannelSecrets<T>;
  /** Epoch ms. */
  readonly now: number;
}

/** What sending needs of the outside. */
export interface Effects {
  readonly http: HttpSend;
  readonly targetRule: TargetRule;
  /** For one attempt, in milliseconds. */
  readonly timeoutMs: number;
}

/** Sends a notice once, and answers how that went; never rejects for what is the other side's doing. */
export type Send<T extends ChannelType> = (outgoing: Outgoing<T>, effects: Effects) => Promise<Outcome>;

/** A channel that is one HTTP request: what is sent, as a pure function, and how answers are read. */
export interface HttpChannel<T extends ChannelType> {
  readonly request: (outgoing: Outgoing<T>) => HttpRequest;
  readonly reading: AnswerReading;
}

export function sendByHttp<T extends ChannelType>({ request, reading }: HttpChannel<T>): Send<T> {
  return async (outgoing, { http }) => outcomeOf(await http(request(outgoing)), outgoing.now, reading);
}

/** A POST of JSON that carries its idempotency key, as every channel sends it. */
export function jsonRequest(
  url: string,
  idempotencyKey: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpRequest {
  return {
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', 'idempotency-key': headerText(idempotencyKey), ...headers },
    body: JSON.stringify(body),
  };
}

/** Text as a header may carry it. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character.isWellFormed() ? character : '\ufffd'));
}
