import type { Response } from 'express';
import * as z from 'zod';
import {
  rulesImportedSchema,
  ruleSchema,
  ruleVersionSchema,
  storedRuleSchema,
  type StoredRule,
} from '@fleetbeat/contracts/rules.ts';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { backtestAnswerSchema, backtestSchema } from '@fleetbeat/contracts/backtest.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { etagOf, ifMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import type { RunBacktest } from './backtest/run-backtest.ts';
import type { RulesReadModel } from './read-model.ts';
import { readRulesFile, writeRulesFile } from './rules-file.ts';
import { unknownRule, type RuleChanges } from './rule-changes.ts';

const params = z.object({ rule_id: idField });
const headers = { 'If-Match': 'The `ETag` of the rule as you have read it; another than the newest is answered 412' };
const YAML = 'application/yaml';
const patchSchema = z.record(z.string(), z.unknown());

export function ruleRoutes(
  rules: RulesReadModel,
  changes: RuleChanges,
  { runBacktest, now }: { runBacktest: RunBacktest; now: () => number },
): Route[] {
  async function answer(ruleId: string, response: Response): Promise<StoredRule> {
    const rule = await rules.find(ruleId);
    if (rule === null) throw unknownRule();
    response.set('etag', etagOf(rule.version));
    return rule;
  }

  return [
    route(
      'get',
      '/rules',
      {
        summary: 'Alerting rules by name, with what they do now',
        query: z.object({ q: searchField.optional().describe('Part of the name, whatever its case'), ...pageFields }),
        answer: listSchema(storedRuleSchema),
      },
      async ({ query }) => rules.list(query),
    ),
    route(
      'post',
      '/rules',
      { summary: 'Add a rule', access: 'operate', body: ruleSchema, answer: storedRuleSchema, status: 201 },
      async ({ body, request, response }) => answer(await changes.create(askerOf(request, response), body), response),
    ),
    route('get', '/rules/export', { summary: 'All rules as a YAML file', answer: z.string(), media: YAML }, async () =>
      writeRulesFile(await rules.definitions()),
    ),
    route(
      'post',
      '/rules/import',
      {
        summary: 'Bring the rules of a YAML file in, all or none',
        description:
          'Rules are known by their names. Those that are not in the file stay. Every mistake is answered with its place (`mistakes`).',
        access: 'operate',
        query: z.object({ dry_run: z.enum(['true', 'false']).default('false').describe('Only tell what would be done') }),
        body: z.string().describe('`rules:`, and a list of rules as `POST /rules` takes them'),
        bodyMedia: YAML,
        answer: rulesImportedSchema,
      },
      async ({ query, body, request, response }) =>
        changes.importAll(askerOf(request, response), readRulesFile(body), query.dry_run === 'true'),
    ),
    route(
      'post',
      '/rules/backtest',
      {
        summary: 'What a rule would have done over stored history',
        description:
          'Would it have fired, for how long, and whom would it have called? Changes nothing. By the functions that evaluate rules live, as if the rule had been made and switched on at `from`; nobody acknowledges. Too wide a question is answered 422 with what to narrow.',
        body: backtestSchema,
        answer: backtestAnswerSchema,
      },
      async ({ body }) => {
        const { rule, rule_id: ruleId, from, to = now() } = body;
        const asked = rule ?? (await rules.find(ruleId ?? ''))?.rule;
        if (asked === undefined) throw unknownRule();
        return runBacktest({ rule: asked, ruleId: ruleId ?? null, from, to });
      },
    ),
    route(
      'get',
      '/rules/{rule_id}/versions',
      {
        summary: 'What a rule has been, the newest version first',
        params,
        query: z.object(pageFields),
        answer: listSchema(ruleVersionSchema),
      },
      async ({ params: { rule_id: ruleId }, query }) => {
        const versions = await rules.versions(ruleId, query);
        if (versions.items.length === 0 && query.cursor === undefined) throw unknownRule();
        return versions;
      },
    ),
    route(
      'get',
      '/rules/{rule_id}',
      { summary: 'One rule, with its ETag', params, answer: storedRuleSchema },
      async ({ params: { rule_id: ruleId }, response }) => answer(ruleId, response),
    ),
    route(
      'patch',
      '/rules/{rule_id}',
      {
        summary: 'Change a rule',
        description: 'A JSON merge patch (RFC 7396) of `rule`: what is left out stays, null removes.',
        access: 'operate',
        headers,
        params,
        body: patchSchema,
        answer: storedRuleSchema,
      },
      async ({ params: { rule_id: ruleId }, body, request, response }) => {
        await changes.update(askerOf(request, response), ruleId, body, ifMatch(request));
        return answer(ruleId, response);
      },
    ),
    route(
      'delete',
      '/rules/{rule_id}',
      { summary: 'Delete a rule; its alerts end', access: 'operate', headers, params },
      async ({ params: { rule_id: ruleId }, request, response }) =>
        changes.remove(askerOf(request, response), ruleId, ifMatch(request)),
    ),
  ];
}
