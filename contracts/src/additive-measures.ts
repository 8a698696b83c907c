import type { Measures } from './api.ts';
import { TOKEN_CLASSES } from './token-classes.ts';

/** Measures that add up over windows, agents and models. */
export const ADDITIVE_MEASURES = [
  'total_messages',
  'total_user_messages',
  'total_responses',
  'total_tool_calls',
  'total_errors',
  'total_feedback',
  'total_heartbeats',
  'total_tokens_used',
  ...TOKEN_CLASSES,
  'other_tokens',
  'total_cost_usd',
] as const satisfies readonly (keyof Measures)[];
export type AdditiveMeasure = (typeof ADDITIVE_MEASURES)[number];
