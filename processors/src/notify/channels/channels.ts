import type { ChannelType } from '@fleetbeat/contracts/delivery.ts';
import { alertmanager } from './alertmanager/alertmanager.ts';
import { sendByHttp, type Send } from './channel.ts';
import { discord } from './discord/discord.ts';
import { sendEmail } from './email/email.ts';
import { ntfy } from './ntfy/ntfy.ts';
import { opsgenie } from './opsgenie/opsgenie.ts';
import { pagerduty } from './pagerduty/pagerduty.ts';
import { slack } from './slack/slack.ts';
import { teams } from './teams/teams.ts';
import { telegram } from './telegram/telegram.ts';
import { webhook } from './webhook/webhook.ts';

/** How each type of channel sends. */
export const SEND: { readonly [T in ChannelType]: Send<T> } = {
  webhook: sendByHttp(webhook),
  alertmanager: sendByHttp(alertmanager),
  slack: sendByHttp(slack),
  teams: sendByHttp(teams),
  discord: sendByHttp(discord),
  pagerduty: sendByHttp(pagerduty),
  opsgenie: sendByHttp(opsgenie),
  telegram: sendByHttp(telegram),
  ntfy: sendByHttp(ntfy),
  email: sendEmail,
};
