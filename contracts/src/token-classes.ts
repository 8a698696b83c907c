import type { AgentMessage } from './events.ts';

/** The classes in which tokens are counted. */
export const TOKEN_CLASSES = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const satisfies readonly (keyof AgentMessage)[];
