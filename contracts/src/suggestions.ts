import * as z from 'zod';
import { idSchema, TASK_STATUSES } from './events.ts';
import { bodyTimeSchema } from './time-input.ts';
import { taskStatusInputSchema } from './task-input.ts';
import { linesSchema, nameSchema } from './text.ts';

/** What agents propose and people decide, and how far an agent's confidence can be trusted. Times are epoch milliseconds. */

export const SUGGESTION_STATUSES = ['pending', 'approved', 'rejected', 'expired'] as const;
export const suggestionStatusSchema = z.enum(SUGGESTION_STATUSES);
export type SuggestionStatus = z.infer<typeof suggestionStatusSchema>;

/** How long a suggestion stands unless it says, and at most, in milliseconds. */
export const USUAL_EXPIRY_MS = 24 * 3_600_000;
export const LONGEST_EXPIRY_MS = 30 * 24 * 3_600_000;

/** What approval does. */
export const storedEffectSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('set_task_status'), status: z.enum(TASK_STATUSES) }),
  z.object({ type: z.literal('pause_agent'), agent_id: z.string() }),
  z.object({ type: z.literal('call_webhook'), channel_id: z.string() }),
]);
export type Effect = z.infer<typeof storedEffectSchema>;

const effectSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('set_task_status').describe('Of the suggestion’s task, where it may follow the one it has then'),
    status: taskStatusInputSchema,
  }),
  z.strictObject({
    type: z.literal('pause_agent').describe('It is given no tasks any more'),
    agent_id: idSchema.optional().describe('The agent that suggests, unless given'),
  }),
  z.strictObject({
    type: z.literal('call_webhook').describe('The suggestion is sent over a channel of type webhook'),
    channel_id: idSchema,
  }),
]);

const confidence = z.number().min(0).max(1).describe('How sure the agent is that its task is completed then');
const action = nameSchema.describe('What is suggested, in a few words that stay the same: calibration goes by them');

export const suggestionSchema = z.object({
  id: z.string(),
  agent_id: z.string(),
  action: z.string(),
  reasoning: z.string(),
  confidence: z.number(),
  task_id: z.string().nullable(),
  /** Null: approval is said, and does nothing. */
  effect: storedEffectSchema.nullable(),
  status: suggestionStatusSchema,
  created_at: z.number(),
  created_by: z.string(),
  expires_at: z.number(),
  /** `auto-approval`: by itself, as it was allowed for this agent and action. */
  approved_by: z.string().nullable(),
  approved_at: z.number().nullable(),
  rejected_by: z.string().nullable(),
  rejected_at: z.number().nullable(),
  /** What was said with the decision. */
  reason: z.string().nullable(),
  /** Why it waits for people although it should have been approved by itself. */
  held_back: z.string().nullable(),
  /** Grows with every change; the ETag. */
  revision: z.number().int(),
});
export type Suggestion = z.infer<typeof suggestionSchema>;

export const newSuggestionSchema = z
  .strictObject({
    agent_id: idSchema.describe('An agent that has been seen'),
    action,
    reasoning: linesSchema.refine((text) => text.trim() !== '', 'must not be empty'),
    confidence,
    task_id: idSchema.nullable().default(null),
    effect: effectSchema.nullable().default(null),
    expires_at: bodyTimeSchema.optional().describe('A day ahead unless given; 30 days at most'),
  })
  .refine(({ effect, task_id }) => effect?.type !== 'set_task_status' || task_id !== null, {
    path: ['task_id'],
    error: 'say which task gets the status',
  });
export type NewSuggestion = z.output<typeof newSuggestionSchema>;

const reason = linesSchema.max(4_000, 'must be at most 4000 characters');
export const decisionSchema = z.strictObject({ reason: reason.optional() });

/** What became of what was approved: its task was completed in time and not reopened, or was not. `open`: not known yet. */
export const OUTCOMES = ['succeeded', 'failed', 'open'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Hours within which the task of a suggestion is to be completed, unless asked otherwise. */
export const USUAL_OUTCOME_HOURS = 24;
/** How often what is approved by itself should be right, and how many outcomes it takes to say so, unless asked otherwise. */
export const USUAL_TARGET = 0.9;
export const USUAL_MIN_SAMPLES = 30;

/** How a recommendation is made. */
export const calibrationFields = {
  within_hours: z.coerce.number().min(0.1).max(720).default(USUAL_OUTCOME_HOURS).describe('The task is to be completed by then'),
  target: z.coerce.number().min(0.5).max(0.999).default(USUAL_TARGET).describe('The success to be reached, by the lower bound'),
  min_samples: z.coerce.number().int().min(1).max(10_000).default(USUAL_MIN_SAMPLES).describe('Outcomes that it takes at least'),
};

/** A share of successes and where it lies with 95% certainty (Wilson's interval). */
const shareFields = { n: z.number().int(), success: z.number(), low: z.number(), high: z.number() };

export const calibrationSchema = z.object({
  /** Of approved suggestions with a task, the newest 10,000: how many are known to have succeeded or failed, and how many not yet. */
  n: z.number().int(),
  open: z.number().int(),
  succeeded: z.number().int(),
  /** Confidence from `from` to below `to`; bins with nothing in them are left out. */
  bins: z.array(z.object({ from: z.number(), to: z.number(), mean_confidence: z.number(), ...shareFields })),
  /** How far confidence and success are apart on average, weighed by bin; null where there is nothing to tell by. */
  expected_calibration_error: z.number().nullable(),
  /** The lowest confidence from which on success reaches `target` by its lower bound; null: none does, or there are too few. */
  recommended: z.object({ threshold: z.number(), ...shareFields }).nullable(),
  within_hours: z.number(),
  target: z.number(),
  min_samples: z.number().int(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

export const autoApprovalInputSchema = z.strictObject({
  agent_id: idSchema,
  action: nameSchema,
  enabled: z.boolean(),
  threshold: z.number().min(0).max(1).describe('Suggestions of this confidence or more are approved by themselves'),
});
export type AutoApprovalInput = z.output<typeof autoApprovalInputSchema>;

/** What an agent suggests, how well that went, and whether it is approved by itself. */
export const autoApprovalSchema = z.object({
  agent_id: z.string(),
  action: z.string(),
  enabled: z.boolean(),
  /** Null where nobody has set one yet. */
  threshold: z.number().nullable(),
  recommended_threshold: z.number().nullable(),
  /** Known outcomes among its newest, and those that succeeded. */
  n: z.number().int(),
  succeeded: z.number().int(),
  /** 0 where nobody has set anything yet. */
  revision: z.number().int(),
  updated_at: z.number().nullable(),
  updated_by: z.string().nullable(),
});
export type AutoApproval = z.infer<typeof autoApprovalSchema>;
