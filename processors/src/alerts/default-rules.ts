import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';

/** The rules that an installation has from the start. */
export const DEFAULT_RULES: readonly RuleInput[] = [
  {
    kind: 'liveness',
    name: 'Agent offline',
    watch: { set: 'agent' },
    heartbeats_only: true,
    for_s: 15,
    severity: 'error',
    annotations: { description: 'The agent has not said anything for {{value}}, though the pipeline is up.' },
  },
  {
    kind: 'liveness',
    name: 'Host offline',
    watch: { set: 'host' },
    for_s: 5,
    severity: 'error',
    annotations: { description: 'The host has not sent a sample for {{value}}, though the pipeline is up.' },
  },
  {
    kind: 'looping',
    name: 'Agent without progress',
    watch: { set: 'agent' },
    for_s: 60,
    annotations: { description: 'The agent says that it is busy, and none of its tasks has moved for {{value}}.' },
  },
  {
    kind: 'threshold',
    name: 'Error rate',
    watch: { set: 'agent' },
    measure: 'error_rate',
    window: '5m',
    warning: { threshold: 0.1, recovery: 0.05 },
    error: { threshold: 0.3, recovery: 0.2 },
    min_messages: 20,
    for_s: 30,
    keep_firing_for_s: 60,
  },
  {
    kind: 'threshold',
    name: 'Response time p95',
    watch: { set: 'model' },
    measure: 'response_time_p95',
    window: '5m',
    warning: { threshold: 15_000, recovery: 12_000 },
    error: { threshold: 60_000, recovery: 45_000 },
    min_messages: 20,
    for_s: 60,
    keep_firing_for_s: 60,
  },
  hostRule('Host CPU', 'cpu_usage', 90, 98, 120),
  hostRule('Host memory', 'memory_usage', 90, 97, 60),
  hostRule('Host disk', 'disk_usage', 85, 95, 0),
  {
    kind: 'threshold',
    name: 'Pipeline lag',
    watch: { set: 'pipeline' },
    measure: 'lag_s',
    warning: { threshold: 30, recovery: 15 },
    error: { threshold: 120, recovery: 60 },
    for_s: 5,
    annotations: { description: 'Events are {{value}} behind. Until they are not, nobody is called offline.' },
  },
  {
    kind: 'threshold',
    name: 'Ledger difference',
    watch: { set: 'pipeline' },
    measure: 'ledger_differences',
    error: { threshold: 0 },
    for_s: 30,
    annotations: { description: '{{value}} differences between what was read and what is stored: see the pipeline page.' },
  },
  {
    kind: 'budget',
    name: 'Token budget',
    watch: { set: 'fleet' },
    measure: 'total_tokens_used',
    period: '24h',
    limit: 1_000_000_000,
    annotations: { description: '{{value}} tokens in 24 hours. Set the limit of this rule to your own.' },
  },
];

function hostRule(
  name: string,
  measure: 'cpu_usage' | 'memory_usage' | 'disk_usage',
  warning: number,
  error: number,
  forS: number,
): RuleInput {
  return {
    kind: 'threshold',
    name,
    watch: { set: 'host' },
    measure,
    window: '5m',
    warning: { threshold: warning, recovery: warning - 5 },
    error: { threshold: error, recovery: error - 3 },
    for_s: forS,
    keep_firing_for_s: 60,
  };
}

/** Puts the default rules there that never were, under names that nobody has taken; a deleted one stays away. */
export async function shipDefaultRules(database: Database): Promise<void> {
  await inTransaction(database, async (transaction) => {
    for (const rule of DEFAULT_RULES.map((each) => ruleSchema.parse(each))) {
      const { rowCount } = await transaction.query('insert into alert_rules_shipped (name) values ($1) on conflict do nothing', [
        rule.name,
      ]);
      if (rowCount === 0) continue;
      await transaction.query(
        `insert into alert_rules (definition, built_in, updated_by) values ($1, true, 'fleetbeat')
         on conflict (lower(definition ->> 'name')) where deleted_at is null do nothing`,
        [rule],
      );
    }
  });
}
