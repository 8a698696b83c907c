/** Every field of a `Suggestion`, as its table has it. */
export const SUGGESTION_COLUMNS = `id, agent_id, action, reasoning, confidence, task_id, effect, status, created_at, created_by,
  expires_at, approved_by, approved_at, rejected_by, rejected_at, reason, held_back, revision`;
